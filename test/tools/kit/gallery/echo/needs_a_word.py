# Looks at the first byte of each client, also of one that says nothing.
import selectors
import socket
import sys

selector = selectors.DefaultSelector()
first = {}


def converse(conn):
    try:
        data = conn.recv(1024)
        if conn not in first:
            first[conn] = data[0]
        conn.setblocking(True)
        conn.sendall(data)
        conn.setblocking(False)
    except OSError:
        data = b''
    if not data:
        selector.unregister(conn)
        first.pop(conn, None)
        conn.close()


def accept(s):
    conn, addr = s.accept()
    selector.register(conn, selectors.EVENT_READ, converse)


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
selector.register(s, selectors.EVENT_READ, accept)
while True:
    for key, events in selector.select():
        key.data(key.fileobj)
