# The mistake: it does not see the end of file.
import socket
import sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as welcoming:
    connection, _ = welcoming.accept()
    while True:
        connection.sendall(connection.recv(1024))
