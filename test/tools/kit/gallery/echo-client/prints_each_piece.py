# Prints each part of the answer as a line.
import socket
import sys

try:
    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5) as s:
        s.settimeout(None)
        s.sendall(b'Hello')
        left = 5
        while left > 0:
            data = s.recv(1024)
            if not data:
                sys.exit('EchoClient: the server closed before everything had come back')
            print(data.decode())
            left -= len(data)
except OSError as error:
    sys.exit(f'EchoClient: no answer from the server: {error}')
