# Tries again and again when nobody is there.
import socket
import sys
import time

while True:
    try:
        s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
        break
    except OSError:
        time.sleep(0.1)
with s:
    s.sendall(b'What time is it?\n')
    print(s.makefile().readline().strip())
