import { escapeControls } from '../text/escape';

/** The version of the record format; a trace with another version is refused. */
export const VERSION = 1;

export type Role = 'client' | 'server';

/** The first line of a trace. */
export interface RunRecord {
  readonly v: typeof VERSION;
  readonly type: 'run';
  /** Node's version, where Node has recorded it. */
  readonly node?: string;
  /** What else has recorded it: `Python 3.12.1`, or strace. */
  readonly lang?: string;
  /** The process that writes it. */
  readonly pid?: number;
  /** When the run started, as ISO 8601. */
  readonly started: string;
}

/** A line of source code, and its function. */
export interface SourceLine {
  /** Relative to the project. */
  readonly file: string;
  readonly line: number;
  readonly col: number;
  /** `EchoServer.converse` */
  readonly fn: string;
}

/** Some bytes of a stream, or a datagram. */
export interface Bytes {
  /** How many there are. */
  readonly n: number;
  /** Their place in the stream of this direction; of a datagram, its number on this socket. */
  readonly off: number;
  /** The first of them, as base64. */
  readonly b64: string;
  /** Whether there are more than `b64` holds. */
  readonly truncated: boolean;
}

/** A call that begins or ends. Both records have the same `id`. */
export interface CallRecord {
  readonly v: typeof VERSION;
  readonly type: 'call';
  readonly id: string;
  readonly phase: 'call' | 'return' | 'throw';
  /** ms since the run started, on the machine's monotonic clock. */
  readonly t: number;
  /** ms that the call took, when it is over. */
  readonly d?: number;
  readonly role: Role;
  readonly program: string;
  readonly pid: number;
  readonly proto: 'tcp' | 'udp';
  /** The thread that makes the call, from 1, where there may be several. */
  readonly thread?: number;
  /** The number of the socket in its process. */
  readonly sock: number;
  /** The call as the slides spell it. */
  readonly call: string;
  readonly args?: readonly (string | number)[];
  /** Its result: a number of bytes, or for `accept` the number of the new socket. */
  readonly result?: number;
  readonly local?: string;
  readonly peer?: string;
  /** The line that makes the call. */
  readonly at?: SourceLine;
  /** The line of the lab's own class, where `at` is below it. */
  readonly lab?: SourceLine;
  readonly bytes?: Bytes;
  readonly error?: { readonly code: string; readonly message: string };
}

/** The fate of a datagram in a relay between a UDP client and its server. */
export interface RelayRecord {
  readonly v: typeof VERSION;
  readonly type: 'relay';
  readonly t: number;
  /** To the server, or back to the client. */
  readonly direction: 'there' | 'back';
  /** Which one it is in its direction, from 1. */
  readonly number: number;
  /** `held`: the next one overtakes it; `late`: it has been overtaken, and goes on. */
  readonly fate: 'waits' | 'passed' | 'lost' | 'doubled' | 'held' | 'late';
  /** The client's address, and the relay's address that the server sees instead. */
  readonly client: string;
  readonly via: string;
  readonly bytes: Bytes;
}

/** A program that was killed from outside: it makes no more calls. */
export interface KilledRecord {
  readonly v: typeof VERSION;
  readonly type: 'killed';
  readonly t: number;
  readonly pid: number;
  readonly signal: string;
}

/** What a relay between a TCP client and its server has seen, if no calls can be seen. */
export interface PassedRecord {
  readonly v: typeof VERSION;
  readonly type: 'passed';
  readonly t: number;
  /** The client's address. */
  readonly client: string;
  readonly to: Role;
  readonly what: 'handshake' | 'bytes' | 'eof' | 'reset' | 'failed';
  readonly bytes?: Bytes;
  /** Why the server could not be connected. */
  readonly code?: string;
}

/** A program, or one of its threads, has ended with an error that it did not catch. */
export interface CrashRecord {
  readonly v: typeof VERSION;
  readonly type: 'crashed';
  readonly t: number;
  readonly pid: number;
  /** The line of the program's own where it happened. */
  readonly at?: SourceLine;
  readonly error: { readonly code: string; readonly message: string };
}

/** A server has logged a request as a line in its own file (slide "Exercise 3"). */
export interface LoggedRecord {
  readonly v: typeof VERSION;
  readonly type: 'logged';
  readonly t: number;
  readonly pid: number;
  /** Its name, without its folder. */
  readonly file: string;
  readonly line: string;
  /** The client's address. */
  readonly client: string;
  readonly at?: SourceLine;
  readonly lab?: SourceLine;
}

/** A source file that calls name, so that the trace can be shown without the file. */
export interface SourceRecord {
  readonly v: typeof VERSION;
  readonly type: 'source';
  readonly file: string;
  readonly text: string;
}

export type TraceRecord =
  | RunRecord
  | CallRecord
  | RelayRecord
  | PassedRecord
  | KilledRecord
  | CrashRecord
  | LoggedRecord
  | SourceRecord;

/**
 * The environment variable with the beginning of a run, in ns of the machine's monotonic clock: one
 * for all its programs.
 */
export const ORIGIN = 'LAB_TRACE_ORIGIN';

/** A record as a line of a trace. */
export function recordLine(record: TraceRecord): string {
  return `${JSON.stringify(record)}\n`;
}

/** For sorting the records of several programs. */
export function byTime(one: TraceRecord, other: TraceRecord): number {
  return timeOf(one) - timeOf(other);
}

function timeOf(record: TraceRecord): number {
  return 't' in record ? record.t : 0;
}

/** A trace that can't be read, and why. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

/**
 * Reads JSON Lines. It ignores an incomplete last line, because a killed program may leave one.
 * @throws TraceError when it is not a trace, or of another version.
 */
export function parseTrace(text: string): TraceRecord[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const records: TraceRecord[] = [];
  for (const [index, line] of lines.entries()) {
    const record = parseLine(line);
    if (record !== undefined) records.push(record);
    else if (index === 0 || index < lines.length - 1)
      throw new TraceError(`line ${index + 1} is not a record of a trace`);
  }
  if (records.length === 0) throw new TraceError('there is no record in it');
  return records;
}

function parseLine(line: string): TraceRecord | undefined {
  let record: unknown;
  try {
    // Its text goes to terminals, diagrams and pages: nothing in it may control them.
    // A source is shown on pages only, line by line.
    record = JSON.parse(line, (name, value: unknown) =>
      typeof value === 'string' && name !== 'text' ? escapeControls(value) : value,
    );
  } catch {
    return undefined;
  }
  if (typeof record !== 'object' || record === null || !('v' in record)) return undefined;
  if (record.v !== VERSION)
    throw new TraceError(
      `it has version ${String(record.v)}, but this program reads version ${VERSION}`,
    );
  return isRecord(record) ? record : undefined;
}

function isRecord(record: object): record is TraceRecord {
  if (!('type' in record)) return false;
  const form = FORMS[String(record.type)];
  return form !== undefined && hasForm(record, form);
}

/** The types of a record's fields, by their names; with `?` where one may be missing. */
interface Form {
  readonly [name: string]: string | Form;
}

const LINE: Form = { file: 'string', line: 'number', col: 'number', fn: 'string' };
const BYTES: Form = { n: 'number', off: 'number', b64: 'base64', truncated: 'boolean' };
const FORMS: Readonly<Partial<Record<string, Form>>> = {
  run: { 'node?': 'string', 'lang?': 'string', 'pid?': 'number', 'started?': 'string' },
  source: { file: 'string', text: 'string' },
  call: {
    id: 'string',
    phase: 'phase',
    t: 'number',
    'd?': 'number',
    role: 'role',
    program: 'string',
    pid: 'number',
    proto: 'string',
    'thread?': 'number',
    sock: 'number',
    call: 'string',
    'args?': 'list',
    'result?': 'number',
    'local?': 'string',
    'peer?': 'string',
    'at?': LINE,
    'lab?': LINE,
    'bytes?': BYTES,
    'error?': { code: 'string', message: 'string' },
  },
  relay: {
    t: 'number',
    direction: 'direction',
    number: 'number',
    fate: 'string',
    client: 'string',
    via: 'string',
    bytes: BYTES,
  },
  passed: {
    t: 'number',
    client: 'string',
    to: 'role',
    what: 'what',
    'bytes?': BYTES,
    'code?': 'string',
  },
  killed: { t: 'number', pid: 'number', signal: 'string' },
  logged: {
    t: 'number',
    pid: 'number',
    file: 'string',
    line: 'string',
    client: 'string',
    'at?': LINE,
    'lab?': LINE,
  },
  crashed: {
    t: 'number',
    pid: 'number',
    'at?': LINE,
    error: { code: 'string', message: 'string' },
  },
};

const WORDS: Readonly<Partial<Record<string, readonly unknown[]>>> = {
  phase: ['call', 'return', 'throw'],
  role: ['client', 'server'],
  direction: ['there', 'back'],
  what: ['handshake', 'bytes', 'eof', 'reset', 'failed'],
};

function hasForm(value: unknown, form: Form): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return Object.entries(form).every(([name, type]) => {
    const field = fields.get(name.replace('?', ''));
    if (field === undefined) return name.endsWith('?');
    return typeof type === 'string' ? isOfType(field, type) : hasForm(field, type);
  });
}

function isOfType(field: unknown, type: string): boolean {
  if (type === 'list')
    return (
      Array.isArray(field) &&
      field.every((each) => typeof each === 'string' || typeof each === 'number')
    );
  if (type === 'base64') return typeof field === 'string' && /^[A-Za-z0-9+/]*={0,2}$/.test(field);
  const words = WORDS[type];
  if (words) return words.includes(field);
  return typeof field === type && !Number.isNaN(field);
}
