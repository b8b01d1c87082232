# Waits for a newline that it has not sent.
import socket
import sys

MESSAGE = b'Hello, world'

try:
    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=None) as s:
        s.sendall(MESSAGE)
        echo = s.makefile('rb').readline()
        if not echo.endswith(b'\n'):
            sys.exit('EchoClient: the server hung up')
    print('Received', repr(echo))
except OSError as error:
    sys.exit(f'EchoClient: no echo from the server: {error}')
