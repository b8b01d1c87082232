# Tells the time every second, asked or not.
import socket
import sys
import threading
import time
from datetime import datetime


def converse(conn):
    with conn:
        try:
            while True:
                time.sleep(1)
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
