import { firstDifference, inWords, show, showDifference } from './bytes';
import { howItDiffers } from './compare';
import { diagnose, roundAndRound, silent, VARIANT_MS, type Variant } from './diagnose';
import type { Came, Probe } from './Probe';
import {
  type Ask,
  breaksOff,
  crowd,
  listens,
  restarts,
  secondClient,
  twoTogether,
} from './serverStages';
import { Finding, type Trial, type Stage } from './stage';

/** An answer must be there in this time. */
const ANSWER_MS = 2000;
/** What comes too much must come in this time. */
const EXTRA_MS = 100;
const BIG_MS = 10_000;
const BIG = 1024 * 1024;
const EVEN = 1024;
const PIECE = 16 * 1024;
/** The reader of the big message begins when the sender has been stuck for so long. */
const STUCK_MS = 300;
const SLIDE = 'slide "Socket Programming: Simple Server"';

const HELLO = Buffer.from('Hello, world');
/** Every value once; NUL in the middle, so that what stops there has sent something. */
const EVERY_BYTE = Buffer.from([
  ...Array.from({ length: 127 }, (_, index) => index + 1),
  0,
  ...Array.from({ length: 128 }, (_, index) => index + 128),
]);

/** Sends and expects the same back. */
async function echoes(probe: Probe, text: string | Buffer): Promise<Came> {
  const data = Buffer.from(text);
  void probe.send(data, ANSWER_MS);
  return probe.receiveBytes(data.length, ANSWER_MS);
}

/** How an echo server is asked in the stages that all servers have. */
const ECHO: Ask = {
  async ask(_trial, probe, name, did) {
    const came = await echoes(probe, name);
    if (came.data.equals(Buffer.from(name))) return;
    throw new Finding({
      did,
      expected: `${show(Buffer.from(name))} to come back`,
      came: inWords(came),
      likely: howItDiffers(Buffer.from(name), came.data),
    });
  },
  try: (trial, name) => `printf '${name}' | ${trial.nc}`,
};

export const ECHO_SERVER: readonly Stage[] = [
  listens(`${SLIDE}, lines 9 and 10`),
  {
    title: '"Hello, world" comes back',
    slide: `${SLIDE}, lines 15 and 18`,
    needs: [1],
    async check(trial) {
      const probe = await trial.connect();
      const came = await echoes(probe, HELLO);
      const extra = await probe.receive(() => true, EXTRA_MS);
      const all = { ...came, data: Buffer.concat([came.data, extra.data]) };
      if (all.data.equals(HELLO)) return;
      throw new Finding({
        did: `sent ${show(HELLO)}, without a newline`,
        expected: `${show(HELLO)}, and nothing more`,
        came: all.data.length > 0 ? showDifference(HELLO, all.data) : inWords(came),
        likely:
          all.data.length === 0
            ? await diagnose(
                trial,
                silent(String(HELLO), (data) => data.includes(HELLO)),
              )
            : wrongHello(all.data),
        try: ECHO.try(trial, 'Hello, world'),
      });
    },
  },
  {
    title: 'Every byte comes back, also NUL and 0xFF',
    slide: `${SLIDE}, line 18`,
    needs: [2],
    async check(trial) {
      const came = await echoes(await trial.connect(), EVERY_BYTE);
      if (came.data.equals(EVERY_BYTE)) {
        await blanks(trial);
        return;
      }
      throw new Finding({
        did: 'sent 256 bytes, each value once: 1 to 127, then 0, then 128 to 255',
        expected: 'the same 256 bytes',
        came: came.data.length > 0 ? showDifference(EVERY_BYTE, came.data) : inWords(came),
        likely: await diagnose(trial, BYTES),
      });
    },
  },
  {
    title: 'Again and again on the same connection',
    slide: `${SLIDE}, lines 14 to 18`,
    needs: [2],
    async check(trial) {
      const probe = await trial.connect();
      for (const [index, text] of ['first', 'second', 'third'].entries()) {
        const came = await echoes(probe, text);
        if (String(came.data) === text) continue;
        throw new Finding({
          did: `sent 'first', 'second', 'third' on one connection, each after the echo of the one before`,
          expected: `'${text}' to come back`,
          came: inWords(came),
          likely:
            index === 0
              ? undefined
              : 'your server talks once and then leaves: recv() and sendall() belong into a loop that ends when recv() gives nothing',
        });
      }
    },
  },
  {
    title: "After the client's end of file: the rest, then yours",
    slide: `${SLIDE}, lines 16 and 17`,
    needs: [2],
    check: endOfFile,
  },
  secondClient(ECHO, [2], `${SLIDE}, line 11`),
  twoTogether(ECHO, [2, 6], 'slide "Socket Programming: Multithreading"'),
  {
    title: '1 MiB in one go, to a client that reads slowly at first',
    slide: `${SLIDE}, line 18`,
    needs: [2],
    check: bigMessage,
  },
  breaksOff(ECHO, [6]),
  crowd(ECHO, [7]),
  restarts(ECHO, [2]),
];

function wrongHello(data: Buffer): string | undefined {
  if (data.length < HELLO.length && HELLO.subarray(0, data.length).equals(data))
    return 'only a part came back: one recv() or send() may take less than all';
  return howItDiffers(HELLO, data);
}

/** What a server that strips takes away. */
async function blanks(trial: Trial): Promise<void> {
  const sent = Buffer.from('  a word between blanks \t ');
  await trial.fresh(); // it may serve only one client
  const came = await echoes(await trial.connect(), sent);
  if (came.data.equals(sent)) return;
  throw new Finding({
    did: `sent ${show(sent)}`,
    expected: 'the same, with the blanks at both ends',
    came: inWords(came),
    likely: howItDiffers(sent, came.data),
  });
}

/** What is not text, and how it comes to grief. */
const BYTES: readonly Variant[] = [
  {
    means:
      'what stands before a NUL comes back and the rest does not: something takes NUL for the end (strlen(), C strings)',
    works: async (probe) => {
      void probe.send('abc\0def', VARIANT_MS);
      return String((await probe.receiveBytes(7, VARIANT_MS)).data) === 'abc';
    },
  },
  {
    means:
      'text comes back and bytes that are not text do not: do not decode() what you receive; send back the bytes',
    works: async (probe) =>
      (await cameBack(probe, 'abc def')) &&
      !(await cameBack(probe, Buffer.from([0x61, 0xff, 0xfe, 0x62]))),
  },
];

async function cameBack(probe: Probe, text: string | Buffer): Promise<boolean> {
  const data = Buffer.from(text);
  void probe.send(data, VARIANT_MS);
  return (await probe.receiveBytes(data.length, VARIANT_MS)).data.equals(data);
}

async function endOfFile(trial: Trial): Promise<void> {
  const rest = Buffer.from('the rest,'.repeat(100));
  const probe = await trial.connect();
  if (await probe.send(rest, ANSWER_MS)) probe.shutdown();
  const came = await probe.receiveAll(ANSWER_MS);
  const did = `sent ${rest.length} bytes and end of file (shutdown), and went on reading`;
  if (!came.data.equals(rest)) {
    throw new Finding({
      did,
      expected: `all ${rest.length} bytes, then your end of file`,
      came: `${firstDifference(rest, came.data)} of them, then ${came.ending}`,
      likely:
        came.data.length < rest.length && came.ending !== 'timeout'
          ? 'your server closes before it has sent the rest: send all that was received, then close'
          : undefined,
    });
  }
  if (came.ending === 'end of file') return;
  const reset = came.ending === 'reset';
  throw new Finding(
    {
      did,
      expected: 'your end of file after them',
      came: reset
        ? 'a reset'
        : `all of them, then timeout: no end of file in ${ANSWER_MS / 1000} s`,
      likely: reset
        ? 'your server closes while something is still unread, or with SO_LINGER 0'
        : await neverCloses(trial),
      try: `printf 'bye' | ${trial.nc}`,
    },
    reset ? 'warned' : 'failed',
  );
}

async function neverCloses(trial: Trial): Promise<string> {
  return (
    (await roundAndRound(trial.subject?.pids ?? [])) ??
    'your server leaves the loop, or waits, and never calls close() for this client'
  );
}

async function bigMessage(trial: Trial): Promise<void> {
  const probe = await trial.connect();
  await evenMessage(trial, probe);
  const big = pattern(BIG);
  const slow = await sendToSlowReader(trial, probe, big);
  if (slow.data.equals(big)) return;
  const at = firstDifference(big, slow.data);
  const expected = `all ${BIG} bytes back, unchanged`;
  throw new Finding({
    did: `sent ${BIG} bytes in one go, and read nothing until sending was stuck for ${STUCK_MS} ms`,
    expected,
    came:
      slow.data.length === at
        ? `${at} of them, then ${slow.ending}`
        : `others from byte ${at} on: something is missing there`,
    likely: await whyNotBig(trial, big, slow),
  });
}

/** As long as what the slide's recv() asks for. */
async function evenMessage(trial: Trial, probe: Probe): Promise<void> {
  if (await isBack(probe, pattern(EVEN))) return;
  await trial.fresh();
  throw new Finding({
    did: `sent ${EVEN} bytes, just as many as the slide's recv() asks for`,
    expected: `all ${EVEN} bytes back`,
    came: 'something else, or not all',
    likely: (await isBack(await trial.connect(), pattern(EVEN + 1)))
      ? 'one byte more, and all comes back: a recv() that gives less than you asked for is not the end of a message, and one that gives all is not its middle'
      : undefined,
  });
}

async function isBack(probe: Probe, data: Buffer): Promise<boolean> {
  void probe.send(data, BIG_MS);
  return (await receivePatiently(probe, data.length)).data.equals(data);
}

async function whyNotBig(trial: Trial, big: Buffer, slow: Came): Promise<string | undefined> {
  await trial.fresh();
  if (await isBackInPieces(trial, big))
    return 'all comes back in pieces, each after the echo of the one before: send() takes only a part when the client is slow, and you lose the rest; use sendall()';
  const at = firstDifference(big, slow.data);
  if (at > 0 && at <= 65_536)
    return `the first ${at} bytes come back, and what came with them does not: send back all that recv() gave, and go on until it gives nothing`;
  return undefined;
}

async function isBackInPieces(trial: Trial, data: Buffer): Promise<boolean> {
  const probe = await trial.connect();
  for (let from = 0; from < data.length; from += PIECE) {
    const piece = data.subarray(from, from + PIECE);
    if (!(await echoes(probe, piece)).data.equals(piece)) return false;
  }
  return true;
}

/** Reads only when all buffers on the way are full: no matter how fast the two programs are. */
async function sendToSlowReader(trial: Trial, probe: Probe, data: Buffer): Promise<Came> {
  let sent = 0;
  const send = async () => {
    while (sent < data.length) {
      const piece = data.subarray(sent, sent + PIECE);
      if (!(await probe.send(piece, BIG_MS))) return;
      sent += piece.length;
    }
  };
  void send();
  await probe.hasCome(ANSWER_MS);
  for (let before = -1; before !== sent;) {
    before = sent;
    await trial.deadline.pause(STUCK_MS);
  }
  return receivePatiently(probe, data.length);
}

/** Until nothing has come for a while: who is slow is not wrong. */
async function receivePatiently(probe: Probe, count: number): Promise<Came> {
  let all: Came = await probe.receive(() => true, ANSWER_MS);
  while (all.ending === 'done' && all.data.length < count) {
    const more = await probe.receive(() => true, ANSWER_MS);
    all = { ...more, data: Buffer.concat([all.data, more.data]) };
  }
  return all;
}

/** Bytes in which each place looks different from those near it. */
function pattern(length: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) % 251));
}
