# Takes its time to start, listens on IPv4 and IPv6, and serves only one client.
import socket
import sys
import time

time.sleep(1.5)
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('::', int(sys.argv[1])))
s.listen(128)
conn, addr = s.accept()
with conn:
    while data := conn.recv(1024):
        conn.sendall(data)
