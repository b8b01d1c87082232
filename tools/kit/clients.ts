import { setTimeout } from 'node:timers/promises';
import { type Address, formatAddress } from '../../src/socket/Address';
import { codeOf } from '../../src/text/errno';
import { inWords, show } from './bytes';
import { isNow } from './dates';
import { roundAndRound } from './diagnose';
import { Host } from './Host';
import type { Probe } from './Probe';
import { socketsOf } from './sockets';
import { Finding, type Trial, type Stage } from './stage';

/** A program may take this long to start, in ms. */
const START_MS = 10_000;
/** The program has connected, and has ended since then. */
const GLANCE_MS = 200;
/** Milliseconds between two looks at its sockets. */
const LOOK_MS = 1000;
/** A client sends its first message within this time, in ms. */
const SPEAK_MS = 2000;
/** The parts of one message come within this time, in ms. */
const REST_MS = 100;
/** Milliseconds between two pieces of one answer. */
const PIECE_MS = 200;
/** A client that has its answer ends within this time, in ms. */
export const END_MS = 3000;
/** A client may wait this many ms for a server that is still starting. */
const ALONE_MS = 15_000;
const LOOPBACK_6 = '::1';

/** The beginnings of a stack trace in Python, Java and Node. */
const STACK_TRACE = /^Traceback |^\s+at \S+.*\(/m;

/** A date that no clock shows by chance. */
const DATE_LINE = '2031-02-03T04:05:06.789+11:00';

/** The answers of one kind of server. */
export interface Answer {
  /** The server's answer to this. */
  to(said: Buffer): string;
  /** What the client's terminal must show then. */
  shown(said: Buffer): string;
  /** A different answer than the usual one, of the same length. */
  other?(said: Buffer): string;
}

export const DATE: Answer = { to: () => `${DATE_LINE}\n`, shown: () => DATE_LINE };
export const ECHO: Answer = {
  to: String,
  shown: (said) => String(said).trim(),
  other: (said) => String(said).replace(/\S/g, 'x'),
};

export const DATE_CLIENT = clientStages(DATE, 'slide "Exercise 2"', 6015);
export const ECHO_CLIENT = clientStages(ECHO, 'slide "Socket Programming: Simple Client"', 65432);

function clientStages(answer: Answer, slide: string, usualPort: number): readonly Stage[] {
  return [
    {
      title: 'It connects to 127.0.0.1, and to the port',
      slide: `${slide} (default port: ${usualPort})`,
      startsIt: true,
      check: (trial) => meet(trial, () => Promise.resolve()),
    },
    {
      title: 'It sends the first message',
      slide,
      needs: [1],
      startsIt: true,
      check: speaksFirst,
    },
    {
      title: 'It prints what came',
      slide,
      needs: [2],
      startsIt: true,
      check: (trial) => prints(trial, answer),
    },
    {
      title: 'An answer in two pieces is printed whole',
      slide,
      needs: [3],
      startsIt: true,
      check: (trial) => printsBoth(trial, answer),
    },
    {
      title: 'It closes and ends by itself, with exit code 0',
      slide: 'slide "Client/Server Communication": what a client does',
      needs: [3],
      startsIt: true,
      check: (trial) => ends(trial, answer),
    },
    {
      title: 'Without a server it ends with a clear error message',
      startsIt: true,
      check: alone,
    },
    {
      title: 'A server that closes without an answer: it reports an error',
      needs: [2],
      startsIt: true,
      check: hungUp,
    },
  ];
}

/** Starts the client, plays its server, and talks with it. */
async function meet<Result>(
  trial: Trial,
  talk: (client: Probe) => Promise<Result>,
): Promise<Result> {
  const host = await openHost(trial);
  try {
    await trial.fresh();
    const client = await arrival(trial, host);
    if (client) return await talk(trial.keep(client));
  } finally {
    await host.close();
  }
  throw nobodyCame(trial);
}

/** The port may be held by connections that another program without SO_REUSEADDR has closed. */
async function openHost(trial: Trial): Promise<Host> {
  try {
    return await Host.open(trial.address, trial.deadline);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error;
    await trial.untilFree();
    return Host.open(trial.address, trial.deadline);
  }
}

async function arrival(trial: Trial, host: Host): Promise<Probe | undefined> {
  const coming = host.client(START_MS);
  const ending = trial.subject?.endedInTime(START_MS);
  const watching = new AbortController();
  const first = await Promise.race([
    coming,
    ending?.then(() => undefined),
    willNotCome(trial, watching.signal),
  ]);
  watching.abort();
  return first ?? Promise.race([coming, setTimeout(GLANCE_MS, undefined)]);
}

/** Resolves when the program does something else; it first gives the program time to connect. */
async function willNotCome(trial: Trial, stop: AbortSignal): Promise<undefined> {
  do await setTimeout(LOOK_MS, undefined, { ref: false });
  while (!stop.aborted && whatInstead(trial) === undefined);
}

/** What the program does instead of connecting to the kit; only Linux can tell. */
export function whatInstead(trial: Trial): string | undefined {
  const { port } = trial.address;
  const sockets = socketsOf(trial.subject?.pids ?? []);
  const listening = sockets.find(({ state }) => state === 'listening');
  if (listening)
    return `your program is a server: it listens on ${listening.local}; a client calls connect()`;
  const calling = sockets.find(
    ({ state, peer }) =>
      (state === 'connecting' || state === 'connected') && peer !== formatAddress(trial.address),
  );
  if (calling)
    return `your program connects to another address, ${calling.peer}: check the host and the port that it passes to connect()`;
  const datagrams = sockets.find(({ protocol }) => protocol === 'udp');
  if (datagrams && !sockets.some(({ protocol }) => protocol === 'tcp'))
    return `your program uses UDP (SOCK_DGRAM), which has no connections: this lab uses TCP port ${port}, SOCK_STREAM`;
  return trial.asksForInput;
}

function nobodyCame(trial: Trial): Finding {
  const { how, printed = '' } = trial.subject ?? {};
  const whyAlone = whatInstead(trial);
  const serverInstead = /in use|EADDRINUSE|BindException/i.test(printed)
    ? 'your program is a server: it calls bind() on the port on which the kit waits for it; a client calls connect()'
    : undefined;
  return new Finding({
    did: `listened on ${formatAddress(trial.address)}, and started your program`,
    expected: 'it to connect',
    came: how === undefined ? 'nobody' : `nobody: your program ${how}`,
    likely: /refused/i.test(printed) ? () => whereElse(trial) : (whyAlone ?? serverInstead),
  });
}

/** Explains a refused connection: it tried to connect to somewhere else. */
async function whereElse(trial: Trial): Promise<string> {
  if (await comesTo(trial, { ...trial.address, host: LOOPBACK_6 }))
    return `your client connects to ${LOOPBACK_6}, not to ${trial.address.host}`;
  return 'your client connects somewhere else, and is refused there: check the host and the port that it passes to connect()';
}

async function comesTo(trial: Trial, address: Address): Promise<boolean> {
  try {
    await using host = await Host.open(address, trial.deadline);
    await trial.fresh();
    return (await arrival(trial, host)) !== undefined;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return false; // no IPv6 here
  }
}

async function speaksFirst(trial: Trial): Promise<void> {
  const came = await meet(trial, (client) => client.receiveBytes(1, SPEAK_MS));
  if (came.ending === 'done') return;
  throw new Finding({
    did: 'accepted the connection, and sent nothing',
    expected: 'a message of your client',
    came: inWords(came),
    likely:
      came.ending === 'timeout'
        ? (trial.asksForInput ?? (() => waitsForGreeting(trial)))
        : undefined,
  });
}

async function waitsForGreeting(trial: Trial): Promise<string | undefined> {
  const came = await meet(trial, (client) => {
    void client.send('Hello\n', SPEAK_MS);
    return client.receiveBytes(1, SPEAK_MS);
  });
  return came.ending === 'timeout'
    ? undefined
    : 'after a greeting from the server your client went on: it waits for the server, and the server waits for it; in this lab the client sends first';
}

/** What was sent, and the result. */
interface Talk {
  readonly answer: string;
  /** What should be seen on the terminal. */
  readonly shown: string;
  readonly endedBy: 'itself' | 'end of file' | 'nothing';
}

/** Answers the client in one or more pieces, and lets it end: by itself, or after end of file. */
export function talk(trial: Trial, kind: Answer, pieces = (text: string) => [text]): Promise<Talk> {
  return meet(trial, async (client) => {
    const said = await firstWords(client);
    const answer = trial.isByLines ? `${kind.to(said).trimEnd()}\n` : kind.to(said);
    for (const [index, piece] of pieces(answer).entries()) {
      if (index > 0) await trial.deadline.pause(PIECE_MS);
      await client.send(piece, SPEAK_MS);
    }
    return { answer, shown: kind.shown(said), endedBy: await end(trial, client) };
  });
}

async function firstWords(client: Probe): Promise<Buffer> {
  const first = await client.receiveBytes(1, SPEAK_MS);
  const rest = await client.receiveAll(REST_MS);
  return Buffer.concat([first.data, rest.data]);
}

async function end(trial: Trial, client: Probe): Promise<Talk['endedBy']> {
  if (await trial.subject?.endedInTime(END_MS)) return 'itself';
  client.hangUp();
  return (await trial.subject?.endedInTime(END_MS)) ? 'end of file' : 'nothing';
}

export async function prints(trial: Trial, kind: Answer): Promise<void> {
  const { answer, shown } = await talk(trial, kind);
  const printed = printedBy(trial);
  if (printed.includes(shown)) {
    await printsWhatCame(trial, kind);
    return;
  }
  throw new Finding({
    did: `answered ${quoted(answer)}`,
    expected: `${quoted(shown)} on the terminal`,
    came: quotedOrNothing(printed),
    likely: isNow(printed, new Date())
      ? 'your client prints the time of its own clock: print what recv() returned'
      : () => waitsForLine(trial, kind),
  });
}

/** A client may also complain about a wrong echo; but it must not show bytes that never came. */
async function printsWhatCame(trial: Trial, kind: Answer): Promise<void> {
  if (!kind.other) return;
  const { answer, shown } = await talk(trial, { ...kind, to: (said) => kind.other?.(said) ?? '' });
  const printed = printedBy(trial);
  if (printed.includes(answer.trim()) || !printed.includes(shown)) return;
  if (trial.subject?.exitCode !== 0) return;
  throw new Finding({
    did: `answered ${quoted(answer)} to ${quoted(shown)}`,
    expected: `${quoted(answer)} on the terminal`,
    came: quotedOrNothing(printed),
    likely: 'your client prints what it has sent: print what recv() returned',
  });
}

async function waitsForLine(trial: Trial, kind: Answer): Promise<string | undefined> {
  const { shown } = await talk(trial, kind, (text) => [`${text}\n`]);
  return printedBy(trial).includes(shown)
    ? 'with a newline at its end your client printed the answer: recv() does not wait for a line, but your readline() does (with --lines the kit ends each message with a newline)'
    : undefined;
}

async function printsBoth(trial: Trial, kind: Answer): Promise<void> {
  const half = (text: string) => Math.ceil(text.length / 2);
  const pieces = (text: string) => [text.slice(0, half(text)), text.slice(half(text))];
  const { answer, shown } = await talk(trial, kind, pieces);
  const printed = printedBy(trial);
  if (printed.includes(shown)) return;
  const [first = '', second = ''] = pieces(answer);
  const whyNotBoth = printed.includes(second.trim())
    ? 'your client prints what each recv() returns by itself: TCP has no messages; collect what comes, and print it once when everything has come'
    : 'your client treats the result of one recv() as the whole answer: TCP has no messages; call recv() in a loop until everything has come';
  throw new Finding({
    did: `answered in two pieces, ${PIECE_MS} ms apart: ${quoted(first)} and ${quoted(second)}`,
    expected: `${quoted(shown)} on the terminal`,
    came: quotedOrNothing(printed),
    likely: printed.includes(first) ? whyNotBoth : undefined,
  });
}

export async function ends(trial: Trial, kind: Answer): Promise<void> {
  const { answer, endedBy } = await talk(trial, kind);
  const did = `answered ${quoted(answer)}, and left the connection open`;
  const expected = 'your client to close it, and to end with exit code 0';
  if (endedBy !== 'itself') {
    throw new Finding({
      did,
      expected,
      came: `it was still running ${END_MS / 1000} s later`,
      likely:
        endedBy === 'end of file'
          ? "when the server closed, your client ended: it waits for the server's end of file, although it has its answer"
          : wantsMore(trial),
    });
  }
  if (trial.subject?.exitCode === 0) return;
  throw new Finding({ did, expected, came: `it ${trial.subject?.how}` });
}

function wantsMore({ subject }: Trial): string | undefined {
  return subject?.isReadingStdin
    ? 'after the answer your client waits for more input from the keyboard: if it has a word that ends it, give it that, too, with --stdin TEXT'
    : undefined;
}

async function alone(trial: Trial): Promise<void> {
  await trial.fresh();
  const did = `started your client, with no server listening on ${formatAddress(trial.address)}`;
  if (await trial.subject?.endedInTime(ALONE_MS)) {
    saysSo(trial, did);
    return;
  }
  throw new Finding({
    did,
    expected: 'a clear error message, and its end',
    came: `it was still running after ${ALONE_MS / 1000} s`,
    likely: 'probably connect() failed: print an error and end, or stop trying after some time',
  });
}

async function hungUp(trial: Trial): Promise<void> {
  const did = 'received what your client sent, and closed without an answer';
  const running = await meet(trial, async (client) => {
    await firstWords(client);
    client.hangUp();
    if (await trial.subject?.endedInTime(END_MS)) return undefined;
    return { likely: await roundAndRound(trial.subject?.pids ?? []) };
  });
  if (!running) {
    saysSo(trial, did);
    return;
  }
  throw new Finding({
    did,
    expected: 'a clear error message, and its end',
    came: `it was still running ${END_MS / 1000} s later`,
    likely: running.likely,
  });
}

/** Checks that an error has a message and an exit code. */
function saysSo(trial: Trial, did: string): void {
  const printed = printedBy(trial);
  const expected = 'a clear error message, and an exit code that is not 0';
  if (printed.trim() === '')
    throw new Finding({ did, expected, came: `no message; it ${trial.subject?.how}` });
  if (trial.subject?.exitCode === 0) {
    const likely = 'a script that runs your client sees an error only in its exit code';
    throw new Finding({ did, expected, came: 'exit code 0', likely }, 'warned');
  }
  if (STACK_TRACE.test(printed)) {
    const likely = 'catch the error, and print one sentence that says what went wrong';
    throw new Finding({ did, expected, came: 'a stack trace', likely }, 'warned');
  }
}

function printedBy(trial: Trial): string {
  return trial.subject?.printed ?? '';
}

function quoted(text: string): string {
  return show(Buffer.from(text));
}

export function quotedOrNothing(text: string): string {
  return text.trim() === '' ? 'nothing' : quoted(text.trim());
}
