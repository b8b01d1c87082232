/** What an error is about, to be named in its message. */
export interface Subject {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** Put before the port if it is not a TCP port: `UDP`. */
  readonly protocol?: string | undefined;
}

/** The first port that needs no special right. */
const FIRST_FREE = 1024;

/** POSIX's error names in plain words. Names with a call are for that call only. */
const WORDS: Readonly<Record<string, string>> = {
  'bind EADDRINUSE': '{protocol}port {port} is already in use: another program is bound to it',
  'bind EACCES': 'ports below 1024 are reserved, and you have no right to use port {port}',
  'bind EACCES from 1024':
    'the system keeps port {port} for itself (on Windows: netsh int ipv4 show excludedportrange tcp)',
  'bind EINVAL': 'this socket is already bound',
  'bind EADDRNOTAVAIL': '{host} is not an address of this machine',
  'listen EINVAL': 'call bind() first',
  'listen EALREADY': 'this socket already listens',
  'accept EINVAL': 'call listen() first',
  'cwd ENOENT': 'the folder that you are in has been deleted',
  'connect EADDRNOTAVAIL': 'the system has no free local port for another connection there',
  'mkdir EACCES': 'you may not create it there',
  'mkdir EPERM': 'you may not create it there',
  'mkdir ENOENT': "it can't be created there",
  'access EACCES': 'you may not write into it',
  'readdir EACCES': 'you may write into it, but not list it',
  'readdir ENOENT': 'it is a link that leads nowhere',
  'readdir ENOTDIR': 'it is not a folder',
  'readdir ERANGE': 'its highest number is too high to continue',
  'open ENOENT': 'no such file or folder',
  'open EACCES': 'you may not use it',
  'open EISDIR': 'it is a folder',
  'open ENXIO': 'no program reads it',
  'write EPIPE': 'its reader is gone',
  'write EAGAIN': 'its reader is too slow',
  'spawn EAGAIN': "this machine can't start another process just now",
  'log EACCES': 'you may not write into it',
  'log EPERM': 'you may not write into it',
  'log ENOENT': 'it is no longer there',
  'log ETIMEDOUT': 'the disk does not answer',
  'sendto EACCES':
    'sending to a broadcast address must be allowed first, because one datagram reaches every host',
  'sendto EMSGSIZE':
    'it is too long for one datagram, which carries at most 65,507 bytes over IPv4 (on macOS 9,216, unless net.inet.udp.maxdgram is raised)',
  'recvfrom EINVAL': 'call bind() or sendto() first',
  'recvfrom EALREADY': 'another recvfrom() of this socket already waits',
  'recvfrom ECONNREFUSED':
    'connection refused: the system says that no program uses UDP port {port} there',
  'setsockopt EINVAL': 'call bind() first',
  'recv EALREADY': 'another recv() or poll() of this socket already waits',

  EACCES: 'this machine does not allow it (a firewall, perhaps)',
  EADDRNOTAVAIL: '{host} is not an address of this machine',
  EAI_AGAIN: 'the host name "{host}" could not be looked up just now',
  EALREADY: 'this socket is already connecting',
  EBADF: 'the socket is closed',
  ECONNREFUSED: 'connection refused: no server is listening on port {port} there',
  ECONNRESET: 'the peer reset the connection',
  EDQUOT: 'your share of the disk is full',
  EHOSTUNREACH: 'no route to {host}',
  EISCONN: 'this socket is already connected',
  EMFILE: 'this process has as many files and sockets open as it may',
  ENETUNREACH: 'no route to the network of {host}',
  ENFILE: 'this machine has as many files and sockets open as it may',
  ENOBUFS: 'the system has no memory for it just now',
  ENOSPC: 'the disk is full',
  ENOTCONN: 'the socket is not connected',
  ENOTDIR: 'it is not a folder, or something on the way to it is not',
  ENOTFOUND: 'there is no host called "{host}"',
  ERANGE: 'a port is a whole number from 0 to 65535, not {port}',
  EPIPE: 'the peer no longer reads: the connection is closed on its side',
  EROFS: 'it is on a read-only disk',
  ETIMEDOUT: 'no answer in time',
};

/** What no name can have on Windows; a full path begins with `C:` there, or with `\\?\C:`. */
const NOT_IN_NAMES = /[<>:"|?*]/;
const DRIVE = /^(?:\\\\\?\\)?[A-Za-z]:/;

/** The message for a code (`ECONNREFUSED`) of a call (`connect`) that failed; undefined if there is none. */
export function errnoWords(call: string, code: string, subject: Subject = {}): string | undefined {
  const range = subject.port !== undefined && subject.port >= FIRST_FREE ? ' from 1024' : '';
  const words = WORDS[`${call} ${code}${range}`] ?? WORDS[`${call} ${code}`] ?? WORDS[code];
  return words
    ?.replace('{host}', subject.host ?? 'the host')
    .replace('{protocol}', subject.protocol === undefined ? '' : `${subject.protocol} `)
    .replace('{port}', String(subject.port ?? 'it asks for'));
}

/** The message for an error of a call that failed; its own message if there is no other. */
export function explain(call: string, error: unknown, subject?: Subject): string {
  if (process.platform === 'win32' && NOT_IN_NAMES.test(pathOf(error).replace(DRIVE, '')))
    return `on Windows a name can't contain < > : " / \\ | ? *`;
  const words = errnoWords(call, codeOf(error) ?? '', subject);
  return words ?? (error instanceof Error ? error.message : String(error));
}

/** The file that an error is about, if it is about one. */
function pathOf(error: unknown): string {
  return error instanceof Error && 'path' in error ? String(error.path) : '';
}

/** The `code` of an error, if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
