# No SO_REUSEADDR: the port is not free immediately.
import socket
import sys
import threading
from datetime import datetime

def converse(conn):
    with conn:
        try:
            while conn.recv(1024):
                conn.sendall(f'{datetime.now()}\n'.encode())
        except OSError:
            pass


s = socket.socket()
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
