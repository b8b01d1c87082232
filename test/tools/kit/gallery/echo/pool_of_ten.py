# Ten threads for all: the eleventh client waits until one of the others has gone.
import socket
import sys
from concurrent.futures import ThreadPoolExecutor


def converse(conn):
    with conn:
        try:
            while data := conn.recv(65536):
                conn.sendall(data)
        except OSError:
            pass


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
with ThreadPoolExecutor(10) as pool:
    while True:
        conn, addr = s.accept()
        pool.submit(converse, conn)
