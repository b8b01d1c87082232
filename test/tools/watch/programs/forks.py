# A process for each client: the parent's close() says nothing to the peer.
import os
import socket
import sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as welcoming:
    connection, _ = welcoming.accept()
    child = os.fork()
    if child == 0:
        welcoming.close()
        while data := connection.recv(1024):
            connection.sendall(data)
        connection.close()
        os._exit(0)
    connection.close()
    os.waitpid(child, 0)
