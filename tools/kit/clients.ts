import { setTimeout } from 'node:timers/promises';
import { type Address, formatAddress } from '../../src/socket/Address';
import { codeOf } from '../../src/text/errno';
import { inWords, show } from './bytes';
import { isNow } from './dates';
import { roundAndRound } from './diagnose';
import { Host } from './host';
import type { Probe } from './probe';
import { Finding, type Run, type Stage } from './stage';

/** A program may take so long to start. */
const START_MS = 10_000;
/** It has connected, and ended since. */
const GLANCE_MS = 200;
/** A client says something in this time. */
const SPEAK_MS = 2000;
/** What belongs to one message comes in this time. */
const REST_MS = 100;
/** Between two pieces of one answer. */
const PIECE_MS = 200;
/** A client that has its answer ends in this time. */
const END_MS = 3000;
/** A client may wait so long for a server that is only starting. */
const ALONE_MS = 15_000;
const LOOPBACK_6 = '::1';

/** Of Python, Java and Node. */
const STACK_TRACE = /^Traceback |^\s+at \S+.*\(/m;

/** No clock could have made this up. */
const DATE_LINE = '2031-02-03T04:05:06.789+11:00';

/** What one kind of server answers. */
interface Answer {
  /** What the server says to this. */
  to(said: Buffer): string;
  /** What is to be seen on the client's terminal then. */
  shown(said: Buffer): string;
}

const DATE: Answer = { to: () => `${DATE_LINE}\n`, shown: () => DATE_LINE };
const ECHO: Answer = { to: String, shown: (said) => String(said).trim() };

export const DATE_CLIENT = clientStages(DATE, 'slide "Exercise 2"', 6015);
export const ECHO_CLIENT = clientStages(ECHO, 'slide "Socket Programming: Simple Client"', 65432);

function clientStages(answer: Answer, slide: string, usualPort: number): readonly Stage[] {
  return [
    {
      title: 'It connects to 127.0.0.1, and to the port',
      slide: `${slide} (port ${usualPort} unless you say another)`,
      startsIt: true,
      check: (run) => meet(run, () => Promise.resolve()),
    },
    {
      title: 'It says something first',
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
      check: (run) => prints(run, answer),
    },
    {
      title: 'An answer in two pieces is printed whole',
      slide,
      needs: [3],
      startsIt: true,
      check: (run) => printsBoth(run, answer),
    },
    {
      title: 'It closes and ends by itself, with exit code 0',
      slide: 'slide "Client/Server Communication": run when needed, then terminate',
      needs: [3],
      startsIt: true,
      check: (run) => ends(run, answer),
    },
    {
      title: 'Without a server it ends with an error in words',
      startsIt: true,
      check: alone,
    },
    {
      title: 'A server that hangs up without a word: it says so',
      needs: [2],
      startsIt: true,
      check: hungUp,
    },
  ];
}

/** Starts the client against a server of the kit's, and talks with it. */
async function meet<Result>(run: Run, talk: (client: Probe) => Promise<Result>): Promise<Result> {
  const host = await Host.open(run.address);
  try {
    await run.fresh();
    const client = await arrival(run, host);
    if (client) return await talk(run.keep(client));
  } finally {
    await host.close();
  }
  throw await nobodyCame(run);
}

async function arrival(run: Run, host: Host): Promise<Probe | undefined> {
  const coming = host.client(run.limit(START_MS));
  const ending = run.subject?.endedWithin(run.limit(START_MS));
  const first = await Promise.race([coming, ending?.then(() => undefined)]);
  return first ?? Promise.race([coming, setTimeout(GLANCE_MS, undefined)]);
}

async function nobodyCame(run: Run): Promise<Finding> {
  const { how, printed = '' } = run.subject ?? {};
  return new Finding({
    did: `listened on ${formatAddress(run.address)}, and started your program`,
    expected: 'it to connect',
    came: how === undefined ? `nobody in ${START_MS / 1000} s` : `nobody: your program ${how}`,
    likely: /refused/i.test(printed) ? await whereElse(run) : undefined,
  });
}

/** It was refused, so it has tried to connect to somewhere. */
async function whereElse(run: Run): Promise<string> {
  if (await comesTo(run, { ...run.address, host: LOOPBACK_6 }))
    return `your client connects to ${LOOPBACK_6}, not to ${run.address.host}`;
  return 'your client connects somewhere else, and is refused there: look at the host and the port that it gives to connect()';
}

async function comesTo(run: Run, address: Address): Promise<boolean> {
  try {
    await using host = await Host.open(address);
    await run.fresh();
    return (await arrival(run, host)) !== undefined;
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return false; // no IPv6 here
  }
}

async function speaksFirst(run: Run): Promise<void> {
  const came = await meet(run, (client) => client.receiveBytes(1, run.limit(SPEAK_MS)));
  if (came.ending === 'done') return;
  throw new Finding({
    did: 'accepted the connection, and said nothing',
    expected: 'a message of your client',
    came: inWords(came),
    likely: came.ending === 'timeout' ? await waitsForGreeting(run) : undefined,
  });
}

async function waitsForGreeting(run: Run): Promise<string | undefined> {
  const came = await meet(run, (client) => {
    void client.send('Hello\n', run.limit(SPEAK_MS));
    return client.receiveBytes(1, run.limit(SPEAK_MS));
  });
  return came.ending === 'done'
    ? 'when the server greeted it, your client spoke: it waits for the server, and the server for it; a client sends first'
    : undefined;
}

/** What was said, and what became of it. */
interface Talk {
  readonly answer: string;
  /** What should be seen on the terminal. */
  readonly shown: string;
  readonly endedBy: 'itself' | 'end of file' | 'nothing';
}

/** Answers the client in one or more pieces, and lets it end: by itself, or after an end of file. */
function talk(run: Run, kind: Answer, pieces = (text: string) => [text]): Promise<Talk> {
  return meet(run, async (client) => {
    const said = await firstWords(run, client);
    const answer = kind.to(said);
    for (const [index, piece] of pieces(answer).entries()) {
      if (index > 0) await setTimeout(run.limit(PIECE_MS));
      await client.send(piece, run.limit(SPEAK_MS));
    }
    return { answer, shown: kind.shown(said), endedBy: await end(run, client) };
  });
}

async function firstWords(run: Run, client: Probe): Promise<Buffer> {
  const first = await client.receiveBytes(1, run.limit(SPEAK_MS));
  const rest = await client.receiveAll(run.limit(REST_MS));
  return Buffer.concat([first.data, rest.data]);
}

async function end(run: Run, client: Probe): Promise<Talk['endedBy']> {
  if (await run.subject?.endedWithin(run.limit(END_MS))) return 'itself';
  client.shutdown();
  return (await run.subject?.endedWithin(run.limit(END_MS))) ? 'end of file' : 'nothing';
}

async function prints(run: Run, kind: Answer): Promise<void> {
  const { answer, shown } = await talk(run, kind);
  const printed = printedBy(run);
  if (printed.includes(shown)) return;
  throw new Finding({
    did: `answered ${quoted(answer)}`,
    expected: `${quoted(shown)} on the terminal`,
    came: quotedOrNothing(printed),
    likely: isNow(printed, new Date())
      ? 'your client prints the time of its own clock: print what recv() gave'
      : await waitsForLine(run, kind),
  });
}

async function waitsForLine(run: Run, kind: Answer): Promise<string | undefined> {
  const { shown } = await talk(run, kind, (text) => [`${text}\n`]);
  return printedBy(run).includes(shown)
    ? 'with a newline behind it your client printed the answer: recv() does not wait for lines, your readline() does'
    : undefined;
}

async function printsBoth(run: Run, kind: Answer): Promise<void> {
  const half = (text: string) => Math.ceil(text.length / 2);
  const pieces = (text: string) => [text.slice(0, half(text)), text.slice(half(text))];
  const { answer, shown } = await talk(run, kind, pieces);
  const printed = printedBy(run);
  if (printed.includes(shown)) return;
  const [first = '', second = ''] = pieces(answer);
  const tookFirst = printed.includes(first) && !printed.includes(second.trim());
  throw new Finding({
    did: `answered in two pieces, ${PIECE_MS} ms apart: ${quoted(first)} and ${quoted(second)}`,
    expected: `${quoted(shown)} on the terminal`,
    came: quotedOrNothing(printed),
    likely: tookFirst
      ? 'your client takes what one recv() gives for the whole: TCP has no messages; recv() in a loop until all is there'
      : undefined,
  });
}

async function ends(run: Run, kind: Answer): Promise<void> {
  const { answer, endedBy } = await talk(run, kind);
  const did = `answered ${quoted(answer)}, and left the connection open`;
  const expected = 'your client to close it, and to end with exit code 0';
  if (endedBy !== 'itself') {
    throw new Finding({
      did,
      expected,
      came: `it was still running ${END_MS / 1000} s later`,
      likely:
        endedBy === 'end of file'
          ? "when the server closed, your client ended: it waits for the server's end of file, though it has its answer"
          : undefined,
    });
  }
  if (run.subject?.exitCode === 0) return;
  throw new Finding({ did, expected, came: `it ${run.subject?.how}` });
}

async function alone(run: Run): Promise<void> {
  await run.fresh();
  const did = `started your client, with nobody listening on ${formatAddress(run.address)}`;
  if (await run.subject?.endedWithin(run.limit(ALONE_MS))) {
    saysSo(run, did);
    return;
  }
  throw new Finding({
    did,
    expected: 'an error in words, and its end',
    came: `it was still running after ${ALONE_MS / 1000} s`,
    likely: 'connect() has failed: say so and end, or give up trying again after a while',
  });
}

async function hungUp(run: Run): Promise<void> {
  const did = 'received what your client sent, and closed without a word';
  const running = await meet(run, async (client) => {
    await firstWords(run, client);
    client.shutdown();
    if (await run.subject?.endedWithin(run.limit(END_MS))) return undefined;
    return { likely: await roundAndRound(run.subject?.pids ?? []) };
  });
  if (!running) {
    saysSo(run, did);
    return;
  }
  throw new Finding({
    did,
    expected: 'an error in words, and its end',
    came: `it was still running ${END_MS / 1000} s later`,
    likely: running.likely,
  });
}

/** An error is told in words and by the exit code. */
function saysSo(run: Run, did: string): void {
  const printed = printedBy(run);
  const expected = 'an error in words, and an exit code that is not 0';
  if (printed.trim() === '')
    throw new Finding({ did, expected, came: `not a word; it ${run.subject?.how}` });
  if (run.subject?.exitCode === 0) {
    const likely = 'whoever runs your client in a script sees an error by its exit code only';
    throw new Finding({ did, expected, came: 'exit code 0', likely }, 'warned');
  }
  if (STACK_TRACE.test(printed)) {
    const likely = 'catch the error and say in a sentence what went wrong';
    throw new Finding({ did, expected, came: 'a stack trace', likely }, 'warned');
  }
}

function printedBy(run: Run): string {
  return run.subject?.printed ?? '';
}

function quoted(text: string): string {
  return show(Buffer.from(text));
}

function quotedOrNothing(text: string): string {
  return text.trim() === '' ? 'nothing' : quoted(text.trim());
}
