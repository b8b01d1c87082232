# Both ends in one program, so that its calls always come in the same order.
import socket

with socket.create_server(("127.0.0.1", 0)) as welcoming:
    client = socket.socket()
    client.connect(welcoming.getsockname())
    server, _ = welcoming.accept()
    client.sendall(b"one\0two\xff")
    print(server.recv(6), server.recv(100))
    server.send(b"x" * 1000)
    print(len(client.recv(400)), len(client.recv(4000)))
    client.shutdown(socket.SHUT_WR)
    print(server.recv(1))
    server.close()
    client.close()
