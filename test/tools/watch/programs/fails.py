# Errors of sockets in all the ways in which Python tells of them.
import logging
import socket
import sys
import threading
import traceback

PORT = 1  # nobody listens there


def connect():
    with socket.socket() as connection:
        connection.connect(("127.0.0.1", PORT))


def in_thread():
    thread = threading.Thread(target=connect)
    thread.start()
    thread.join()


def as_cause():
    try:
        connect()
    except OSError as error:
        raise RuntimeError("no server") from error


in_thread()
try:
    as_cause()
except RuntimeError:
    traceback.print_exc()
try:
    connect()
except OSError as error:
    logging.exception("logged")
    print(len(traceback.extract_tb(error.__traceback__)) > 0, error.errno)
print(socket.socket.recv.__name__, sys.argv[1:], __name__)
try:
    socket.socket().sendall("text")
finally:
    print("and it ends")
