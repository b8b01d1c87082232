import { existsSync } from 'node:fs';
import * as path from 'node:path';

/** Lines that are shown of an error, and of what has no error in it. */
const SHOWN = 5;
const LAST = 3;
/** The line of an error, as interpreters, compilers and runtimes write it. */
const ERROR =
  /^\s*(?:Exception in thread .*|Caused by: .*|Uncaught .*|(?:[\w.]+\.)?(?:[A-Z]\w*)?(?:Error|Exception|Interrupt)\b(?: \[\w+\])?(?::.*)?|panic: .*|fatal error: .*|thread '.*' panicked at .*|.*\berror(?:\[\w+\]| TS\d+)?: .*|Traceback .*|Segmentation fault.*|.*: (?:command )?not found)$/;
const PYTHON_FILE = /^\s*File "([^"]+)", line (\d+)/;
/** Files that are not the student's. */
export const LIBRARY = /[\\/](?:lib|site-packages|node_modules)[\\/]|^<|^node:/;

/** The lines that say what went wrong, anywhere in the output; else the last ones. Tabs become blanks. */
export function tellingLines(printed: string): string[] {
  const lines = printed
    .replaceAll('\t', '  ')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => /[^\s^~]/.test(line)); // Python underlines with ^ and ~
  const errors = lines.flatMap((line, index) => (ERROR.test(line) ? [index] : []));
  const last = errors.at(-1);
  if (last === undefined) return lines.slice(-LAST);
  // Python says what it was last, and where before that; the others say what it was, and then where.
  const where = lines.findLastIndex((line, index) => index <= last && isOwnLine(line));
  if (where >= 0) return [...lines.slice(where, Math.min(where + 2, last)), lines[last] ?? ''];
  const [first = last] = errors;
  return lines.slice(first, first + SHOWN);
}

function isOwnLine(line: string): boolean {
  const [, file] = PYTHON_FILE.exec(line) ?? [];
  return file !== undefined && !LIBRARY.test(file);
}

/** What a program says at its end, in the words of the lab. Each has the text that it is known by. */
const MEANINGS: readonly [said: RegExp, means: string][] = [
  [
    /a bytes-like object is required, not '?str/,
    'send() and sendall() need bytes, and this is a str: encode() it',
  ],
  [
    /can't concat str to bytes|can only concatenate str \(not "bytes"\)|first arg must be bytes or a tuple of bytes, not str|first arg must be str or a tuple of str, not bytes/,
    'recv() returns bytes, not a str: decode() what came, and encode() what you send',
  ],
  [
    /'tuple' object has no attribute '(?:recv|send|sendall|close|makefile|settimeout)'/,
    'accept() returns a pair, the new socket and the address of its peer: conn, addr = s.accept()',
  ],
  [
    /(?:bind|connect)\(\) takes exactly one argument \(2 given\)|AF_INET address must be tuple/,
    'bind() and connect() need one pair: s.bind((host, port)), with double brackets',
  ],
  [
    /'str' object cannot be interpreted as an integer/,
    'a port is a number, and this is a str: int(port)',
  ],
  [/port must be 0-65535/, 'a port is a number from 0 to 65535'],
  [
    /accept\([\s\S]{0,300}OSError: \[Errno 22\]|accept: Invalid argument/,
    'accept() fails because the socket does not listen: call listen() before it',
  ],
  [
    /\.(?:recv|send|sendall)\([\s\S]{0,300}OSError: \[Errno 107\]|(?:recv|send): Transport endpoint is not connected/,
    'recv() and send() are called on a socket that is not connected: call them on the socket that accept() returns, not on the one that listens',
  ],
  [
    /OSError: \[Errno 9\] Bad file descriptor|: Bad file descriptor$|SocketException: Socket (?:is )?closed/m,
    'a socket is used after close(): close() is too early, or inside the loop',
  ],
  [
    /Cannot assign requested address|EADDRNOTAVAIL|Can't assign requested address/,
    "the host that it passes to bind() is not an address of this machine; '127.0.0.1' is one",
  ],
  [
    /\.bind\([\s\S]{0,300}PermissionError: \[Errno 13\]|bind: Permission denied|listen EACCES|BindException: Permission denied/,
    'it may not bind that port: ports below 1024 are reserved, and Windows also reserves some ranges above',
  ],
  [
    /sys\.argv\[[\s\S]{0,80}IndexError|the following arguments are required|main[\s\S]{0,80}Index 0 out of bounds for length 0|index out of range \[1\] with length 1/,
    'it needs an argument, most likely the port: write {port} at the end of the command',
  ],
  [
    /UnicodeDecodeError|MalformedInputException|invalid utf-8 sequence|stream did not contain valid UTF-8/,
    'decode() fails for bytes that are not text: an echo server sends the bytes back unchanged',
  ],
  [
    /\.(?:accept|recv)\([\s\S]{0,300}(?:TimeoutError|socket\.timeout): timed out|SocketTimeoutException/,
    'its own timeout is over (settimeout), and nothing catches that: a server waits as long as necessary',
  ],
  [
    /BlockingIOError/,
    'its socket does not wait (setblocking(False)): recv() and accept() fail if nothing has come yet',
  ],
  [
    /Too many open files|EMFILE/,
    "it can't open more files or sockets: close() is missing for each client",
  ],
  [
    /FileNotFoundError: .*No such file or directory: '(?:[^']*\/)[^']*'|ENOENT: no such file or directory, open/,
    'it opens a file in a folder that does not exist: create the folder first (os.makedirs)',
  ],
  [
    /stack smashing detected/,
    'it writes beyond the end of an array: check the sizes of its buffers',
  ],
  [
    /EOFError: EOF when reading|NoSuchElementException: No line found/,
    'it asks for input and gets none: give it some with --stdin TEXT',
  ],
  [
    /Missing parentheses in call to 'print'|name 'raw_input' is not defined|multiple exception types must be parenthesized|for >>: 'builtin_function_or_method'|No module named '(?:thread|SocketServer|Queue|urllib2|StringIO|cPickle)'/,
    'it is written for Python 2, which ended in 2020: in Python 3, print() and input() are functions, and it is "except X as e"',
  ],
  [
    /Address already in use|EADDRINUSE|AddrInUse|BindException/i,
    'its bind() fails because the port is in use: it binds the same port twice, or a copy of it still runs',
  ],
  [
    /can't find main\(|Main method not found in class/,
    'it has no main(): Java starts a program in public static void main(String[] args)',
  ],
  [
    /nodename nor servname|Name or service not known|Temporary failure in name resolution|getaddrinfo ENOTFOUND|UnknownHostException/,
    "it can't find the host with that name: 127.0.0.1 needs no name",
  ],
];

const NO_FILE =
  /can't open file '([^']+)'|Cannot find module '([^']+)'|Could not find or load main class (\S+)|Unable to access jarfile (\S+)/;
const COMPILER =
  /^(\S+\.(?:java|c|cc|cpp|go|rs|ts))[:(](\d+)[:,)\d]*\s*(?:fatal )?error(?:\[\w+\]| TS\d+)?: (.*)$/m;
const RUST = /^error(?:\[\w+\])?: (.*)\n\s*--> (\S+?):(\d+)/m;
/** Errors that any program can have, in Python, Node, Java, Go, Rust and Perl. */
const ERRORS = [
  /^(?:Traceback .*| {2}File ".*)\n(?:[ \t].*\n)*(?!KeyboardInterrupt|SystemExit)([A-Za-z_][\w.]*(?:: .*)?)$/m,
  /^((?:Type|Reference|Syntax|Range|Assertion)?Error(?: \[\w+\])?: .*)$/m,
  /^Exception in thread "[^"]*" ([\w.$]+(?:: .*)?)$/m,
  /^panic: (.*)$/m,
  /panicked at \S+:\n(.*)$/m,
  /^(.*) at \S+\.p[lm] line \d+\.$/m,
];
/** Where such an error happened (not in Python): the first line that is not in a library. */
const PLACES = [
  /^\s+at (?!node:).*?\(?((?:file:\/\/)?(?:[A-Z]:)?[\\/](?!.*node_modules)[^()\s]*\.[cm]?[jt]s):(\d+):\d+\)?$/m,
  /^\s+at (?!java\.|javax\.|jdk\.|sun\.)[\w.$<>]+\((\w+\.java):(\d+)\)$/m,
  /^\t(?!\/usr\/)(\S+\.go):(\d+) \+0x/m,
  /panicked at (\S+\.rs):(\d+):/,
  / at (\S+\.p[lm]) line (\d+)\.$/m,
];
/** What a client may do to any server: the stage says that it did. */
const OF_THE_PEER = /reset|broken pipe|EPIPE|ECONNABORTED|ECONNREFUSED|refused/i;

/** Why a program ended or could not go on, by its own output; undefined if that is not known. */
export function causeIn(printed: string, cwd: string): string | undefined {
  const hidden = hiddenModule(printed, cwd);
  if (hidden !== undefined) return hidden;
  const [, ...names] = NO_FILE.exec(printed) ?? [];
  const file = names.find(Boolean);
  if (file !== undefined)
    return `there is no ${file} in the folder where the kit starts it (${cwd}): see --cwd`;
  const known = MEANINGS.find(([said]) => said.test(printed));
  if (known) {
    const line = lineIn(printed);
    return line === undefined ? known[1] : `${known[1]} (${line})`;
  }
  const [, source, number, text] = COMPILER.exec(printed) ?? [];
  if (source !== undefined) return `it does not compile: ${source}, line ${number}: ${text}`;
  const [, why, rust, at] = RUST.exec(printed) ?? [];
  if (rust !== undefined) return `it does not compile: ${rust}, line ${at}: ${why}`;
  const said = errorIn(printed);
  const line = lineIn(printed);
  if (said === undefined || line === undefined || OF_THE_PEER.test(said)) return undefined;
  return `${line} says ${said}`;
}

/** The error that ended a program, in the words of its language. */
function errorIn(printed: string): string | undefined {
  const found = ERRORS.map((error) => error.exec(printed)).find(Boolean);
  return found?.[1]?.trim();
}

/** `server.py, line 12`: the line of the student's own file that a stack trace names. */
function lineIn(printed: string): string | undefined {
  const line = printed.split('\n').findLast(isOwnLine) ?? '';
  const found =
    PYTHON_FILE.exec(line) ?? PLACES.map((place) => place.exec(printed)).find(Boolean) ?? [];
  const [, file, number] = found;
  return file === undefined ? undefined : `${path.basename(file)}, line ${number}`;
}

/** A student's own file that Python imports instead of a library of the same name. */
function hiddenModule(printed: string, cwd: string): string | undefined {
  const [, module] =
    /(?:partially initialized )?module '(\w+)' (?:\(most likely .*|has no attribute .*)/.exec(
      printed,
    ) ??
    /cannot import name '\w+' from (?:partially initialized module )?'(\w+)'/.exec(printed) ??
    [];
  if (module === undefined || !existsSync(path.join(cwd, `${module}.py`))) return undefined;
  return `your file ${module}.py hides Python's own module ${module}: rename it`;
}
