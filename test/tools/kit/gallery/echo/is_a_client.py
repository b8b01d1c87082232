# A client where a server is asked for.
import socket
import sys


s = socket.socket()
s.connect(('127.0.0.1', int(sys.argv[1])))
s.sendall(b'Hello, world')
print(s.recv(1024))
