# Right: receives until all has come back.
import socket
import sys

MESSAGE = b'Hello, world'

try:
    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=5) as s:
        s.sendall(MESSAGE)
        echo = b''
        while len(echo) < len(MESSAGE):
            data = s.recv(1024)
            if not data:
                sys.exit('EchoClient: the server closed the connection before everything had come back')
            echo += data
    print('Received', repr(echo))
except OSError as error:
    sys.exit(f'EchoClient: no echo from the server: {error}')
