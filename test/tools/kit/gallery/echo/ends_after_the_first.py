# Calls in the order of the slide's server: it takes one client and ends.
import socket
import sys

welcoming = socket.socket()
with welcoming:
    welcoming.bind(('127.0.0.1', int(sys.argv[1])))
    welcoming.listen()
    client, where = welcoming.accept()
    print('a client from', where, flush=True)
    with client:
        while received := client.recv(1024):
            client.sendall(received)
