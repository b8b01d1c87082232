# Right: a lock around the number, which goes on after the highest there.
import os
import re
import socket
import sys
import threading
from datetime import datetime

FOLDER = sys.argv[2]
lock = threading.Lock()


def log(data):
    with lock:
        numbers = [int(re.sub(r'\D', '', name)) for name in os.listdir(FOLDER)]
        with open(f'{FOLDER}/request-{max(numbers, default=41) + 1:05}.log', 'w') as file:
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
