import { expect } from 'chai';
import { causeIn, tellingLines } from '../../../tools/kit/knownErrors';

/** A trace of Python's that ends with this error, in this line of code. */
function python(error: string, code = 's.call()', inside = ''): string {
  return `Connected by ('127.0.0.1', 51234)
Traceback (most recent call last):
  File "/home/eva/server.py", line 12, in <module>
    ${code}
    ^^^^^^^^
${inside}${error}
`;
}

const LIBRARY = `  File "/usr/lib/python3.11/socket.py", line 294, in accept
    fd, addr = self._accept()
               ^^^^^^^^^^^^^^
`;

const CAUSES: [said: string, cause: RegExp][] = [
  [
    python("TypeError: a bytes-like object is required, not 'str'"),
    /need bytes, and this is a str: encode\(\) it \(server\.py, line 12\)$/,
  ],
  [python("TypeError: can't concat str to bytes"), /recv\(\) returns bytes/],
  [python("AttributeError: 'tuple' object has no attribute 'recv'"), /accept\(\) returns a pair/],
  [python('TypeError: bind() takes exactly one argument (2 given)'), /need one pair/],
  [python('TypeError: connect(): AF_INET address must be tuple, not str'), /need one pair/],
  [python("TypeError: 'str' object cannot be interpreted as an integer"), /int\(port\)/],
  [python('OverflowError: bind(): port must be 0-65535.'), /from 0 to 65535/],
  [
    python('OSError: [Errno 22] Invalid argument', 'c, a = s.accept()', LIBRARY),
    /call listen\(\) before it \(server\.py, line 12\)$/,
  ],
  [
    python('OSError: [Errno 107] Transport endpoint is not connected', 'd = s.recv(1024)'),
    /the socket that accept\(\) returns/,
  ],
  [python('OSError: [Errno 9] Bad file descriptor'), /used after close\(\)/],
  [python('OSError: [Errno 98] Address already in use'), /the port is in use/],
  [python('OSError: [Errno 99] Cannot assign requested address'), /not an address of this/],
  [python('PermissionError: [Errno 13] Permission denied', 's.bind(a)'), /below 1024 are reserved/],
  [python('EOFError: EOF when reading a line'), /--stdin TEXT/],
  [
    python("_pickle.UnpicklingError: invalid load key, 'H'."),
    /^server\.py, line 12 says _pickle\.UnpicklingError: invalid load key, 'H'\.$/,
  ],
  [
    python('PermissionError: [Errno 13] Permission denied', 'open(log)'),
    /^server\.py, line 12 says PermissionError: \[Errno 13\] Permission denied$/,
  ],
  [python('queue.Empty'), /^server\.py, line 12 says queue\.Empty$/],
  [
    python("NameError: name 'HOST' is not defined"),
    /^server\.py, line 12 says NameError: name 'HOST' is not defined$/,
  ],
  [python("NameError: name 'raw_input' is not defined"), /Python 2/],
  [python("ModuleNotFoundError: No module named 'thread'"), /Python 2/],
  ["error: can't find main(String[]) method in class: EchoServer\n", /^it has no main\(\)/],
  [
    'Server.java:5: error: incompatible types: String cannot be converted to int\n  int x;\n',
    /^it does not compile: Server\.java, line 5: incompatible types/,
  ],
  ["main.c:3:5: error: expected ';'\n", /^it does not compile: main\.c, line 3: expected ';'$/],
  [
    'error[E0308]: mismatched types\n --> src/main.rs:4:18\n  |\n',
    /^it does not compile: src\/main\.rs, line 4: mismatched types$/,
  ],
  ["python3: can't open file '/x/none.py': [Errno 2] No such file\n", /there is no \/x\/none\.py/],
  [
    python('IndexError: list index out of range', 'port = int(sys.argv[1])'),
    /write \{port\} at the end/,
  ],
  ['server.py: error: the following arguments are required: port\n', /needs an argument/],
  [python("UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff"), /are not text/],
  [python('TimeoutError: timed out', 's.accept()', LIBRARY), /its own timeout/],
  [python('BlockingIOError: [Errno 11] Resource temporarily'), /setblocking/],
  [python('OSError: [Errno 24] Too many open files'), /close\(\) is missing/],
  [
    python("FileNotFoundError: [Errno 2] No such file or directory: 'logs/log0.txt'"),
    /create the folder/,
  ],
  ['*** stack smashing detected ***: terminated\n', /end of an array/],
  [
    `/home/eva/s.js:3
undefinedThing();
^

ReferenceError: undefinedThing is not defined
    at Object.<anonymous> (/home/eva/s.js:3:1)
    at Module._compile (node:internal/modules/cjs/loader:1521:14)
`,
    /^s\.js, line 3 says ReferenceError: undefinedThing is not defined$/,
  ],
  [
    `Exception in thread "main" java.lang.NumberFormatException: For input string: "80x"
\tat java.base/java.lang.NumberFormatException.forInputString(NumberFormatException.java:67)
\tat java.base/java.lang.Integer.parseInt(Integer.java:668)
\tat Server.main(Server.java:2)
`,
    /^Server\.java, line 2 says java\.lang\.NumberFormatException: For input string: "80x"$/,
  ],
  [
    `Exception in thread "main" java.lang.ArrayIndexOutOfBoundsException: Index 0 out of bounds for length 0
\tat Server.main(Server.java:2)
`,
    /needs an argument/,
  ],
  [
    'panic: listen: no route\n\ngoroutine 1 [running]:\nmain.main()\n\t/home/eva/main.go:12 +0x1d\nexit status 2\n',
    /^main\.go, line 12 says listen: no route$/,
  ],
  [
    "thread 'main' panicked at src/main.rs:5:10:\nindex out of bounds\nnote: run with\n",
    /^main\.rs, line 5 says index out of bounds$/,
  ],
  [
    'Can\'t locate object method "new2" via package "IO::Socket" at s.pl line 2.\n',
    /^s\.pl, line 2 says Can't locate object method/,
  ],
  ['Error: Could not find or load main class Server\n', /there is no Server in the folder where/],
];

const NO_CAUSES = [
  '',
  'Server started\nConnected by 1.2.3.4\n',
  python('ConnectionResetError: [Errno 104] Connection reset by peer'),
  python('KeyboardInterrupt'),
  'Error: read ECONNRESET\n    at TCP.onStreamRead (node:internal/stream:218:20)\n',
  'Exception in thread "main" java.net.SocketException: Connection reset\n\tat Server.main(Server.java:2)\n',
  'error: 3 clients\n',
];

describe('The errors that a program printed', () => {
  for (const [said, cause] of CAUSES) {
    it(`name a cause: ${said.trimEnd().split('\n').at(-1)}`, () => {
      expect(causeIn(said, '/nowhere')).to.match(cause);
    });
  }

  for (const said of NO_CAUSES) {
    it(`name none: ${JSON.stringify(said.split('\n').at(-2) ?? '')}`, () => {
      expect(causeIn(said, '/nowhere')).to.equal(undefined);
    });
  }

  it('are the own line of a trace and the error, not what a library says between', () => {
    const said = python('OSError: [Errno 22] Invalid argument', 'c, a = s.accept()', LIBRARY);

    expect(tellingLines(said)).to.deep.equal([
      '  File "/home/eva/server.py", line 12, in <module>',
      '    c, a = s.accept()',
      'OSError: [Errno 22] Invalid argument',
    ]);
  });

  it('begin with the error if it comes first, or in the middle', () => {
    const node = `node:events:495
      throw er; // Unhandled 'error' event
      ^

Error: listen EADDRNOTAVAIL: address not available 10.1.2.3:6543
    at Server.setupListenHandle [as _listen2] (node:net:1800:21)
    at listenInCluster (node:net:1865:12) {
  code: 'EADDRNOTAVAIL',
}

Node.js v20.20.2
`;
    expect(tellingLines(node)[0]).to.match(/^Error: listen EADDRNOTAVAIL/);
    expect(tellingLines(node)).to.have.length(5);
    const rust =
      "Starting\nthread 'main' panicked at src/main.rs:5:10:\nAddrInUse\nnote: run with\n";
    expect(tellingLines(rust)[0]).to.match(/^thread 'main' panicked/);
  });

  it('are the last lines if there is no error; tabs become blanks', () => {
    expect(tellingLines('one\ntwo\n\nthree\n\tfour\n')).to.deep.equal(['two', 'three', '  four']);
  });
});
