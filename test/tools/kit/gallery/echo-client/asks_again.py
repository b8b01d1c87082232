# Asks for the next text after each answer.
import socket
import sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5) as s:
    s.settimeout(None)
    while True:
        s.sendall(input('Text: ').encode())
        print(s.recv(1024).decode())
