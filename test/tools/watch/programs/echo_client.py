# The calls of the slide "Socket Programming: Simple Client", in its order.
import socket
import sys

PORT = int(sys.argv[1])

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
    connection.connect(("127.0.0.1", PORT))
    connection.sendall(b"Hello, world")
    data = connection.recv(1024)

print("Received", repr(data))
