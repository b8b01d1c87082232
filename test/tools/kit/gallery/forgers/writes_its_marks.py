# Answers nothing, and writes its own marks, again and again, from a process that nobody knows.
import json
import os
import socket
import sys
import time

port, result, mark = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def forge():
    os.setsid()
    if os.fork() > 0:
        os._exit(0)
    code = f'''
import json, os, time
mark = {mark!r}
for attempt in range(3000):
    try:
        os.remove({result!r})
    except OSError:
        pass
    try:
        if attempt % 2:
            os.symlink({result + '.target'!r}, {result!r})
        else:
            with open({result!r}, 'w') as file:
                json.dump({{'passed': True, 'stages': []}}, file)
    except OSError:
        pass
    time.sleep(0.01)
'''
    os.execve(sys.executable, [sys.executable, '-c', code, mark], {})


if os.fork() == 0:
    forge()
try:
    print('sees', os.listdir(os.path.dirname(result)), flush=True)
except OSError as error:
    print('sees nothing:', error, flush=True)
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', port))
s.listen()
while True:
    time.sleep(1)
