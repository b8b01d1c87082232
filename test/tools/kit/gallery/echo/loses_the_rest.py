# A thread that sends, and one that receives and closes without waiting for it.
import queue
import socket
import sys
import threading
import time


def send(conn, out):
    try:
        while True:
            data = out.get()
            time.sleep(0.05)
            conn.sendall(data)
    except OSError:
        pass


def converse(conn):
    out = queue.Queue()
    threading.Thread(target=send, args=(conn, out), daemon=True).start()
    try:
        while data := conn.recv(65536):
            out.put(data)
        conn.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    conn.close()


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
