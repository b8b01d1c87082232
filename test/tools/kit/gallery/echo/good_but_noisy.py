# Right, though it prints a stack trace for each client, and that at length.
import socket
import sys
import threading
import traceback


def converse(conn):
    try:
        while True:
            data = conn.recv(1024)
            if not data:
                raise EOFError('nobody is perfect')
            conn.sendall(data)
    except Exception:
        traceback.print_exc()
    finally:
        conn.close()


s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(128)
while True:
    conn, addr = s.accept()
    threading.Thread(target=converse, args=(conn,), daemon=True).start()
