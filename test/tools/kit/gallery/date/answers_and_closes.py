# Answers before it was asked, and closes first, without SO_REUSEADDR.
import socket
import sys
from datetime import datetime


s = socket.socket()
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    conn.sendall(f'{datetime.now()}\n'.encode())
    conn.close()
