# A clock that is a day and an hour late.
import socket
import sys
import threading
from datetime import datetime, timedelta

def converse(conn):
    with conn:
        try:
            while conn.recv(1024):
                late = datetime.now() - timedelta(hours=25, minutes=7)
                conn.sendall(f'{late}\n'.encode())
        except OSError:
            pass


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
