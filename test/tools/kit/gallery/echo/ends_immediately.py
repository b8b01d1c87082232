# Its threads end with the main thread (daemon), and that has nothing to do.
import socket
import sys
import threading


def converse(conn):
    while True:
        data = conn.recv(1024)
        if not data:
            break
        print('received', data)


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
conn, addr = s.accept()
threading.Thread(target=converse, args=(conn,), daemon=True).start()
