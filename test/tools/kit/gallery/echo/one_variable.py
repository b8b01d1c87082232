# All conversations share one variable: answers go to whoever came last.
import socket
import sys
import threading


def converse():
    mine = conn
    try:
        while data := mine.recv(65536):
            conn.sendall(data)
    except OSError:
        pass
    mine.close()


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, daemon=True).start()
