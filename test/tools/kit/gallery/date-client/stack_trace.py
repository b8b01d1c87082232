# A remark: a stack trace is all that it says, and exit code 0 when the server hung up.
import socket
import sys

with socket.create_connection(('127.0.0.1', int(sys.argv[1]))) as s:
    s.sendall(b'What time is it?\n')
    print('The time is', s.makefile().readline().strip())
