# The calls of the slide "Socket Programming: Simple Server", in its order.
import socket
import sys

PORT = int(sys.argv[1])

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as welcoming:
    welcoming.bind(("127.0.0.1", PORT))
    welcoming.listen()
    connection, peer = welcoming.accept()
    with connection:
        print("Connected by", peer[0])
        while True:
            data = connection.recv(1024)
            if not data:
                break
            connection.sendall(data)
