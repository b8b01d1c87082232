# The mistake: it answers in capitals.
import socket
import sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as welcoming:
    while True:
        connection, _ = welcoming.accept()
        with connection:
            while data := connection.recv(1024):
                connection.sendall(data.upper())
