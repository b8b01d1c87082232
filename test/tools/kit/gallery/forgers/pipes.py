# Makes a pipe where the kit would read a log file, and one where it would write the result.
import os
import socket
import sys
from datetime import datetime

port, folder, result = int(sys.argv[1]), sys.argv[2], sys.argv[3]
number = 0
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', port))
s.listen()
if not os.path.exists(result):
    os.mkfifo(result)
while True:
    conn, addr = s.accept()
    with conn:
        if conn.recv(1024):
            name = f'{folder}/log{number}.txt'
            number += 1
            with open(name, 'w') as file:
                file.write('a line\n')
            conn.sendall(f'{datetime.now()}\n'.encode())
            os.remove(name)
            os.mkfifo(name)
