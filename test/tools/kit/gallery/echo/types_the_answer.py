# Asks the user what to answer.
import socket
import sys

s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
conn, addr = s.accept()
while True:
    answer = input('Answer: ')
    conn.sendall(answer.encode())
    print(conn.recv(1024))
