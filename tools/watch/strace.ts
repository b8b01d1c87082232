/** Turns what strace saw of a program's sockets into the records of a trace. */
import { type CallRecord, type RunRecord, VERSION } from '../../src/trace/record';
import { byTime, type Role, type TraceRecord } from '../../src/trace/record';
import { bytesOf, round } from '../../src/trace/Recorder';
import { type Frame, linesOf } from './debugLines';
import { type Syscall, syscallsIn } from './syscalls';

/** The system's names for the slides' calls; of UDP there are others. */
const NAMES: Readonly<Record<string, string>> = {
  socket: 'socket',
  bind: 'bind',
  listen: 'listen',
  accept: 'accept',
  accept4: 'accept',
  connect: 'connect',
  read: 'recv',
  readv: 'recv',
  recvfrom: 'recv',
  recvmsg: 'recv',
  write: 'sendall',
  writev: 'sendall',
  sendto: 'sendall',
  sendmsg: 'sendall',
  shutdown: 'shutdown',
  close: 'close',
};
const FORKS = new Set(['clone', 'clone3', 'fork', 'vfork']);
/**
 * The program repeats this call when there is something: the socket is not blocking, or a signal has come.
 */
const NOT_READY = new Set(['EAGAIN', 'EWOULDBLOCK', 'ERESTARTSYS', 'ERESTART_RESTARTBLOCK']);

/** The program that the records are about. */
export interface Program {
  readonly role: Role;
  readonly program: string;
  readonly cwd: string;
}

/** What we know about a socket. */
interface Known {
  readonly number: number;
  sent: number;
  received: number;
  local: string | undefined;
  peer: string | undefined;
  /** How many processes have it. */
  holders: number;
  /** A call that has found nothing yet, on a socket that is not blocking. */
  waiting: CallRecord | undefined;
}

/**
 * @param text what `strace -f -yy -xx -ttt -T` has written.
 * @param begun when the run began, in ms since 1970.
 */
export function fromStrace(text: string, program: Program, begun: number): TraceRecord[] {
  const syscalls = syscallsIn(text);
  const lines = linesOf(
    syscalls.flatMap(({ frames }) => frames),
    program.cwd,
  );
  const reader = new Reader(program, begun, lines);
  for (const syscall of syscalls) reader.read(syscall);
  const run: RunRecord = {
    v: VERSION,
    type: 'run',
    lang: 'strace',
    started: new Date(begun).toISOString(),
  };
  return [run, ...reader.records.sort(byTime)];
}

class Reader {
  readonly records: CallRecord[] = [];
  readonly #byName = new Map<string, Known>();
  readonly #byDescriptor = new Map<string, Known>();
  #sockets = 0;

  constructor(
    private readonly program: Program,
    private readonly begun: number,
    private readonly lines: (frames: readonly Frame[]) => Pick<CallRecord, 'at'>,
  ) {}

  read(syscall: Syscall): void {
    const { name, args, result } = syscall;
    if (FORKS.has(name) && Number(result?.value) > 0 && !args.includes('CLONE_FILES'))
      for (const known of new Set(this.#byDescriptor.values())) known.holders += 1;
    const call = NAMES[name];
    const made = call === 'socket' ? result?.text : args;
    const own = socketIn(made ?? '');
    if (call === undefined || !own) return;
    const known = call === 'socket' ? this.#newSocket(own) : this.#of(own);
    const isUdp = own.protocol === 'UDP';
    if (isUdp && call === 'recv') this.#record(syscall, 'recvfrom', known, isUdp);
    else if (isUdp && call === 'sendall') this.#record(syscall, 'sendto', known, isUdp);
    else this.#record(syscall, call, known, isUdp);
  }

  #record(syscall: Syscall, call: string, known: Known, isUdp: boolean): void {
    const { pid, t, result, frames } = syscall;
    const given = givenTo(call, syscall);
    const sends = call === 'sendall' || call === 'sendto';
    const begun: CallRecord = {
      v: VERSION,
      type: 'call',
      // The same at each reading, though more of its calls are known then.
      id: `${pid}.${t}`,
      phase: 'call',
      t: round(t * 1000 - this.begun),
      role: this.program.role,
      program: this.program.program,
      pid,
      proto: isUdp ? 'udp' : 'tcp',
      sock: known.number,
      call,
      args: given.args,
      ...endsOf(known, given.peer),
      ...this.lines(frames),
      ...(sends && result?.error === undefined && { bytes: bytesOf(given.data, known.sent) }),
    };
    if (call === 'close') known.holders -= 1;
    const first = known.waiting?.call === call ? known.waiting : begun;
    const own: CallRecord =
      call === 'close' && known.holders > 0 ? { ...first, args: ['shared'] } : first;
    if (own !== known.waiting) this.records.push(own);
    if (result === undefined) return; // it waits
    known.waiting = NOT_READY.has(result.error ?? '') ? own : undefined;
    if (known.waiting) return;
    if (sends && result.error === undefined) known.sent += isUdp ? 1 : given.data.length;
    const end = round(t * 1000 + result.d * 1000 - this.begun);
    this.records.push({
      ...own,
      t: end,
      d: round(end - own.t),
      ...this.#outcome(syscall, call, known, isUdp),
    });
  }

  #outcome(syscall: Syscall, call: string, known: Known, isUdp: boolean): Partial<CallRecord> {
    const { result } = syscall;
    if (result?.error !== undefined && result.error !== 'EINPROGRESS')
      return { phase: 'throw', error: { code: result.error, message: result.why } };
    const got: Partial<CallRecord> = { phase: 'return' };
    if (call === 'bind') known.local = addressIn(syscall.args) ?? known.local;
    if (call === 'connect') known.peer = addressIn(syscall.args) ?? known.peer;
    if (call === 'accept') {
      const accepted = socketIn(result?.text ?? '');
      if (!accepted) return got;
      const client = this.#newSocket(accepted);
      return { ...got, result: client.number, ...endsOf(client) };
    }
    if (call === 'recv' || call === 'recvfrom') {
      const data = dataIn(syscall.args, Number(result?.value));
      const bytes = bytesOf(data, known.received);
      known.received += isUdp ? 1 : data.length;
      return { ...got, result: data.length, bytes, ...endsOf(known, addressIn(syscall.args)) };
    }
    return { ...got, ...endsOf(known) };
  }

  #newSocket(own: SocketName): Known {
    const known: Known = {
      number: ++this.#sockets,
      sent: 0,
      received: 0,
      local: own.local,
      peer: own.peer,
      holders: 1,
      waiting: undefined,
    };
    this.#byDescriptor.set(own.descriptor, known);
    this.#byName.set(own.name, known);
    return known;
  }

  /** By its addresses, which no other has; before it has any, by its descriptor. */
  #of(own: SocketName): Known {
    const known =
      this.#byName.get(own.name) ?? this.#byDescriptor.get(own.descriptor) ?? this.#newSocket(own);
    this.#byName.set(own.name, known);
    known.local = own.local ?? known.local;
    known.peer = own.peer ?? known.peer;
    return known;
  }
}

/** A socket as strace writes it: `4<TCP:[127.0.0.1:7778->127.0.0.1:45422]>`. */
interface SocketName {
  readonly descriptor: string;
  readonly protocol: string;
  readonly name: string;
  readonly local: string | undefined;
  readonly peer: string | undefined;
}

function socketIn(text: string): SocketName | undefined {
  const [, descriptor = '', protocol = '', name = ''] =
    /^(\d+)<(TCP|UDP)(?:v6)?:\[(.*?)\]>/.exec(text) ?? [];
  if (name === '') return undefined;
  const [local, peer] = name.split('->').map(plain);
  const hasAddress = local?.includes(':') ?? false;
  return {
    descriptor,
    protocol,
    name: `${protocol} ${name}`,
    local: hasAddress ? local : undefined,
    peer,
  };
}

/** An address of IPv4 in one of IPv6, as Java has it, is that of IPv4. */
function plain(address: string): string {
  return address.replace(/^\[::ffff:([\d.]+)\]/, '$1');
}

/** The address that `bind`, `connect` or a datagram is given: `sin_port=htons(7778), sin_addr=...`. */
function addressIn(args: string): string | undefined {
  const port = /sin6?_port=htons\((\d+)\)/.exec(args)?.[1];
  const host = /(?:inet_addr\(|inet_pton\(AF_INET6, )"(.*?)"/.exec(args)?.[1];
  if (port === undefined || host === undefined) return undefined;
  const text = unescape(host).toString('latin1');
  return text.includes(':') ? plain(`[${text}]:${port}`) : `${text}:${port}`;
}

/** What a call is given, as a record says it. */
function givenTo(
  call: string,
  { args, result }: Syscall,
): { args: (string | number)[]; data: Buffer; peer?: string | undefined } {
  const none = { args: [], data: Buffer.alloc(0) };
  const address = addressIn(args);
  const last = Number(/(\d+)\)?$/.exec(args)?.[1]);
  switch (call) {
    case 'bind':
    case 'connect':
      return { ...none, args: address === undefined ? [] : [address] };
    case 'listen':
      return { ...none, args: [last] };
    case 'shutdown':
      return { ...none, args: [/SHUT_\w+/.exec(args)?.[0] ?? ''] };
    case 'sendall':
    case 'sendto': {
      const data = dataIn(args, result === undefined ? last : Number(result.value));
      return { args: [data.length], data, peer: address };
    }
    default:
      return none;
  }
}

/** The bytes in the arguments: as many as there were, of which strace shows the first. */
function dataIn(args: string, count: number): Buffer {
  const texts = [...args.matchAll(/(?:^\d+<[^>]*(?:->[^>]*)?>, |iov_base=)"((?:\\x..)*)"/g)];
  const shown = Buffer.concat(texts.map(([, text = '']) => unescape(text)));
  const all = Buffer.alloc(Math.max(0, count));
  shown.copy(all);
  return all;
}

function unescape(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}

function endsOf({ local, peer }: Known, other?: string): Partial<CallRecord> {
  const to = other ?? peer;
  return { ...(local !== undefined && { local }), ...(to !== undefined && { peer: to }) };
}
