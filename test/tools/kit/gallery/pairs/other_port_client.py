# The mistake: it goes to the port after the one that it is given.
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]) + 1)) as connection:
    connection.sendall(b"Hello, world")
    print(connection.recv(1024))
