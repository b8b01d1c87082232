# One client that breaks off ends it all.
import selectors
import socket
import sys
from datetime import datetime

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
selector = selectors.DefaultSelector()
selector.register(s, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        if key.fileobj is s:
            conn, addr = s.accept()
            selector.register(conn, selectors.EVENT_READ)
        elif key.fileobj.recv(1024):
            key.fileobj.sendall(f'{datetime.now()}\n'.encode())
        else:
            selector.unregister(key.fileobj)
            key.fileobj.close()
