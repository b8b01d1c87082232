# Logs as soon as a client comes.
import itertools
import os
import re
import socket
import sys
import threading
from datetime import datetime

FOLDER = sys.argv[2]
os.makedirs(FOLDER, exist_ok=True)
lock = threading.Lock()
used = [int(re.sub(r'\D', '', name)) for name in os.listdir(FOLDER)]
numbers = itertools.count(max(used, default=-1) + 1)


def log(data):
    with lock:
        number = next(numbers)
    with open(f'{FOLDER}/log{number}.txt', 'x') as file:
        file.write(f'{datetime.now()} {data!r}\n')


def converse(conn):
    with conn:
        try:
            log(b'a client')
            if conn.recv(1024):
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
