# The calls of the slide "Socket Programming: Simple Client", in its order.
use strict;
use warnings;
use IO::Socket::INET;

my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $ARGV[0]) or die "$!\n";
$socket->send("Hello, world");
$socket->recv(my $data, 1024);
$socket->shutdown(1);
print "Received $data\n";
