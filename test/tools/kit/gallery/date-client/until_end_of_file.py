# Receives until end of file: only a server that closes lets it end.
import socket
import sys

try:
    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=None) as s:
        s.sendall(b'What time is it?\n')
        answer = s.makefile('rb').read()
    if not answer:
        sys.exit('DateClient: no answer')
    print(answer.decode().strip())
except OSError as error:
    sys.exit(f'DateClient: no date from the server: {error}')
