# Right, but at its second start it does not answer in time.
import socket
import sys
import threading
import time

with open('starts', 'a+') as starts:
    starts.write('.')
    is_second = starts.tell() == 2


def converse(conn):
    with conn:
        try:
            while data := conn.recv(65536):
                if is_second:
                    time.sleep(100)
                conn.sendall(data)
        except OSError:
            pass


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
