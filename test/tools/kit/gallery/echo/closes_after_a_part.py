# Receives a part, closes, and receives again.
import socket
import sys

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
conn, addr = s.accept()
while True:
    data = conn.recv(64)
    if not data:
        break
    print('received', data.decode())
    conn.sendall(data)
    conn.close()
