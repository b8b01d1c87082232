# The client of the slide: one recv() for the whole echo.
import socket
import sys

HOST = '127.0.0.1'  # The server's hostname or IP address
PORT = int(sys.argv[1])  # The port used by the server

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
    s.connect((HOST, PORT))
    s.sendall(b'Hello, world')
    data = s.recv(1024)

print(f'Received {data!r}')
