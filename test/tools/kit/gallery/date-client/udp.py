# Uses UDP.
import socket
import sys


s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'What time is it?', ('127.0.0.1', int(sys.argv[1])))
print(s.recvfrom(1024)[0])
