# One thread that waits for all of its sockets together.
import selectors
import socket
import sys

selector = selectors.DefaultSelector()


def accept(welcoming):
    connection, _ = welcoming.accept()
    connection.setblocking(False)
    selector.register(connection, selectors.EVENT_READ, read)


def read(connection):
    data = connection.recv(1024)
    if data:
        connection.sendall(data)
    else:
        selector.unregister(connection)
        connection.close()


with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as welcoming:
    welcoming.setblocking(False)
    selector.register(welcoming, selectors.EVENT_READ, accept)
    while True:
        for key, _ in selector.select():
            key.data(key.fileobj)
