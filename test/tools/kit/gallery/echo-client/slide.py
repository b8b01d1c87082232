# Calls in the order of the slide's client: one recv() for the whole echo.
import socket
import sys

with socket.socket() as server:
    server.connect(('127.0.0.1', int(sys.argv[1])))
    server.sendall(b'Hello, world')
    echo = server.recv(1024)

print('Received', repr(echo))
