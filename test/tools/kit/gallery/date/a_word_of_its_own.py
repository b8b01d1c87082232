# Answers to a word of its own.
import socket
import sys
import threading
from datetime import datetime

def converse(conn):
    with conn:
        try:
            while data := conn.recv(1024):
                known = data.strip() == b'TIME'
                conn.sendall(f'{datetime.now()}\n'.encode() if known else b'What?\n')
        except OSError:
            pass


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
