# Waits for the keyboard.
import socket
import sys


question = input('Your question? ')
s = socket.socket()
s.connect(('127.0.0.1', int(sys.argv[1])))
s.sendall(question.encode())
print(s.recv(1024).decode())
