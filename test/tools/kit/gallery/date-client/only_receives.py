# For a server that answers on connect.
import socket
import sys

try:
    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5) as s:
        s.settimeout(None)
        print(s.recv(1024).decode())
except OSError as error:
    sys.exit(f'DateClient: no date from the server: {error}')
