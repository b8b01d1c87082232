# Exercise 1, for one client after the other.
import datetime
import socket
import sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as welcoming:
    while True:
        connection, _ = welcoming.accept()
        with connection:
            while connection.recv(1024):
                connection.sendall((str(datetime.datetime.now()) + "\n").encode())
