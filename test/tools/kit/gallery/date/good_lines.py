# Right: a thread for each client; a question ends with a newline, or with silence.
import socket
import sys
import threading
from datetime import datetime

def converse(conn):
    with conn:
        try:
            pending = b''
            while True:
                conn.settimeout(0.2 if pending else None)
                try:
                    data = conn.recv(1024)
                except TimeoutError:
                    data = b'\n'
                if not data:
                    break
                pending += data
                *questions, pending = pending.split(b'\n')
                for _ in questions:
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
