# Another port than it was told.
import socket
import sys

try:
    with socket.create_connection(('127.0.0.1', 1), timeout=5) as s:
        s.sendall(b'What time is it?\n')
        answer = b''
        while not answer.endswith(b'\n'):
            data = s.recv(1024)
            if not data:
                sys.exit('DateClient: the server hung up before its answer was whole')
            answer += data
    print(answer.decode().strip())
except OSError as error:
    sys.exit(f'DateClient: no date from the server: {error}')
