# send() instead of sendall(): a part is lost when the client reads slowly and much has come.
import socket
import sys
import threading


def converse(conn):
    with conn:
        conn.settimeout(60)
        try:
            while data := conn.recv(1_000_000):
                conn.send(data)
        except OSError:
            pass


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
