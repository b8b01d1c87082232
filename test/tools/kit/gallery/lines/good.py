# Right: takes and gives lines, as the usual Java server does.
import socket
import sys
import threading


def converse(conn):
    with conn, conn.makefile('rwb') as file:
        try:
            for line in file:
                file.write(line)
                file.flush()
        except OSError:
            pass


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
