import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    connection.sendall(b"over there\n")
    print(connection.recv(1024).decode().strip())
