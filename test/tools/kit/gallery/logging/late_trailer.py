# The last four files stay open, and get another line when they are closed.
import os
import socket
import sys
import threading
from datetime import datetime

FOLDER = sys.argv[2]
number = 0
files = []


def log(data):
    global number
    while True:
        try:
            file = open(f'{FOLDER}/log{number}.txt', 'x', buffering=1)
            file.write(f'{datetime.now()} {data!r}\n')
            files.append(file)
            if len(files) > 4:
                with files.pop(0) as oldest:
                    oldest.write('closed\n')
            return
        except FileExistsError:
            number += 1


def converse(conn):
    with conn:
        try:
            if data := conn.recv(1024):
                log(data)
                conn.sendall(f'{datetime.now()}\n'.encode())
        except OSError:
            pass


os.makedirs(FOLDER, exist_ok=True)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
