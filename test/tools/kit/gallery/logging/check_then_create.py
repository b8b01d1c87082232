# Looks for a free number, and creates the file a moment later.
import os
import socket
import sys
import threading
import time
from datetime import datetime

FOLDER = sys.argv[2]


def log(data):
    number = 0
    while os.path.exists(f'{FOLDER}/log{number}.txt'):
        number += 1
    time.sleep(0.01)
    with open(f'{FOLDER}/log{number}.txt', 'w') as file:
        file.write(f'{datetime.now()} {data!r}\n')


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
