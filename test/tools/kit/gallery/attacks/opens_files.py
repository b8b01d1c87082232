# Opens 1,000 files, or as many as it may, and serves with what is left.
import os
import socket
import sys
import threading


def converse(conn):
    with conn:
        try:
            while True:
                data = conn.recv(1024)
                if not data:
                    break
                conn.sendall(data)
        except OSError:
            pass


files = []
try:
    while len(files) < 1000:
        files.append(open(os.devnull))
except OSError:
    pass

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
