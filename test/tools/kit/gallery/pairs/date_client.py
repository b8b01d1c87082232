# Exercise 2.
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    connection.sendall(b"What time is it?\n")
    print(connection.makefile().readline().strip())
