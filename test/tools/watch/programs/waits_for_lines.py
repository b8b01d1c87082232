# The mistake: it answers only to a whole line.
import socket
import sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as welcoming:
    connection, _ = welcoming.accept()
    for line in connection.makefile("rb"):
        connection.sendall(line)
