# Works, and takes 5 s for each answer.
import socket
import sys
import threading
import time
from datetime import datetime


def converse(conn):
    with conn:
        try:
            while conn.recv(1024):
                time.sleep(5)
                conn.sendall(f'{datetime.now()}\n'.encode())
        except OSError:
            pass


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
