import { lineThatAsks } from './byHand';
import { firstDifference, inWords, show, showDifference } from './bytes';
import { howItDiffers } from './compare';
import { diagnose, roundAndRound, whySilent, variant, VARIANT_MS, type Variant } from './diagnose';
import type { Came, Probe } from './Probe';
import {
  type Ask,
  breaksOff,
  crowd,
  leavesSilently,
  listens,
  restarts,
  secondClient,
  twoTogether,
} from './serverStages';
import { Finding, type Trial, type Stage } from './stage';

/** An answer must be there in this time. */
const ANSWER_MS = 2000;
/** Bytes that are too many come within this time, in ms. */
const EXTRA_MS = 100;
const BIG_MS = 10_000;
const BIG = 1024 * 1024;
const EVEN = 1024;
const PIECE = 16 * 1024;
/** The reader of the big message begins when the sender has been stuck for this long. */
const STUCK_MS = 300;
const SLIDE = 'slide "Socket Programming: Simple Server"';

const HELLO = 'Hello, world';
const NEWLINE = 10;
/** Bytes of a line, where there are many. */
const LINE = 1024;
/** A server that greets its clients does so within this time, in ms. */
const GREETING_MS = 500;
const ONLY_ONCE =
  'your server answers once and closes: put recv() and sendall() in a loop that ends when recv() returns no bytes';
const PRINTABLE = Buffer.from(Array.from({ length: 95 }, (_, index) => index + 32));
/** Every value once; NUL in the middle, so that what stops there has sent something. */
const EVERY_BYTE = Buffer.from([
  ...Array.from({ length: 127 }, (_, index) => index + 1),
  0,
  ...Array.from({ length: 128 }, (_, index) => index + 128),
]);

const NUL_AT = EVERY_BYTE.indexOf(0);

/** What was sent, and what came back. */
interface Echo extends Came {
  readonly sent: Buffer;
  readonly isRight: boolean;
}

/** Sends a message and expects the same back. */
async function echo(trial: Trial, probe: Probe, text: string | Buffer): Promise<Echo> {
  const { framing } = trial;
  const sent = framing.frame(text);
  void probe.send(sent, ANSWER_MS);
  const came = await probe.receive((data) => framing.isWhole(data, sent), ANSWER_MS);
  const data = framing.plain(came.data);
  return { ...came, data, sent, isRight: data.equals(sent) };
}

/** How an echo server is asked in the stages that all servers have. */
const ECHO: Ask = {
  async ask(trial, probe, name, did) {
    const { sent, isRight, ...came } = await echo(trial, probe, name);
    if (isRight) return;
    throw new Finding({
      did,
      expected: `${show(sent)} to come back`,
      came: inWords(came),
      likely: howItDiffers(sent, came.data),
    });
  },
  try: (trial, name) =>
    lineThatAsks(`${name}${trial.isByLines ? '\\n' : ''}`, trial.address, 'EchoClient'),
};

export const ECHO_SERVER: readonly Stage[] = [
  listens(`${SLIDE}, lines 9 and 10`),
  {
    title: '"Hello, world" comes back',
    slide: `${SLIDE}, lines 15 and 18`,
    needs: [1],
    check: saysHello,
  },
  {
    title: 'Every byte comes back, even NUL and 0xFF',
    titleByLines: 'Every character comes back, even spaces at both ends',
    slide: `${SLIDE}, line 18`,
    needs: [2],
    check: everyByte,
  },
  {
    title: 'Several messages on the same connection',
    slide: `${SLIDE}, lines 14 to 18`,
    needs: [2],
    check: again,
  },
  {
    title: "After the client's end of file: the rest, then yours",
    slide: `${SLIDE}, lines 16 and 17`,
    needs: [2],
    check: endOfFile,
  },
  secondClient(ECHO, [2], `${SLIDE}, line 11`),
  twoTogether(ECHO, [2, 6], 'slide "Socket Programming: Simple Client", its last question'),
  {
    title: '1 MiB in one go, to a client that reads slowly at first',
    slide: `${SLIDE}, line 18`,
    needs: [2],
    check: bigMessage,
  },
  leavesSilently(ECHO, [6], `${SLIDE}, lines 16 and 17`),
  breaksOff(ECHO, [6]),
  crowd(ECHO, [7]),
  restarts(ECHO, [2]),
];

export async function saysHello(trial: Trial): Promise<void> {
  const probe = await trial.connect();
  const { sent, ...came } = await echo(trial, probe, HELLO);
  const extra = await probe.receive(() => true, EXTRA_MS);
  const data = Buffer.concat([came.data, trial.framing.plain(extra.data)]);
  if (data.equals(sent)) return;
  throw new Finding({
    did: `sent ${show(sent)}${trial.isByLines ? '' : ', without a newline'}`,
    expected: `${show(sent)}, and nothing more`,
    came: data.length > 0 ? showDifference(sent, data) : inWords(came),
    likely: () => whyNotHello(trial, sent, data),
    try: ECHO.try(trial, HELLO),
  });
}

async function whyNotHello(trial: Trial, sent: Buffer, came: Buffer): Promise<string | undefined> {
  if (came.length === 0) return whySilent(trial, String(sent), (data) => data.includes(HELLO));
  if (came.length < sent.length && sent.subarray(0, came.length).equals(came))
    return came.length === sent.length - 1 && trial.isByLines
      ? 'the newline at its end is missing: a client that reads lines waits for it'
      : 'only a part came back: one recv() or send() may take less than all';
  return (
    (await diagnose(trial, [greets])) ??
    howItDiffers(sent, came) ??
    (await diagnose(trial, [saysAlwaysTheSame(trial, came)]))
  );
}

const greets: Variant = async (probe) => {
  const { data } = await probe.receive(() => true, GREETING_MS);
  return data.length > 0
    ? `your server greets each client, with ${show(data)}: an echo server sends no text of its own`
    : undefined;
};

/** Something that has nothing to do with what was sent. */
function saysAlwaysTheSame(trial: Trial, before: Buffer): Variant {
  return async (probe) => {
    void probe.send(trial.framing.frame('something else'), VARIANT_MS);
    const { data } = await probe.receive((came) => came.length >= before.length, VARIANT_MS);
    return before.equals(trial.framing.plain(data))
      ? `your server answers ${show(before)} to every message: an echo is exactly what came`
      : undefined;
  };
}

async function everyByte(trial: Trial): Promise<void> {
  const every = trial.isByLines ? PRINTABLE : EVERY_BYTE;
  const probe = await trial.connect();
  const { sent, isRight, ...came } = await echo(trial, probe, every);
  if (isRight) {
    await blanks(trial, probe);
    return;
  }
  throw new Finding({
    did: trial.isByLines
      ? `sent a line with all ${PRINTABLE.length} printable ASCII characters`
      : 'sent 256 bytes, each value once: 1 to 127, then 0, then 128 to 255',
    expected: `the same ${sent.length} bytes`,
    came: came.data.length > 0 ? showDifference(sent, came.data) : inWords(came),
    likely: async () =>
      howItDiffers(sent, came.data) ??
      (await diagnose(trial, badFrom(firstDifference(sent, came.data)))) ??
      trial.knownCause ??
      (await diagnose(trial, [partOfText])),
  });
}

/** What a server that strips takes away. */
async function blanks(trial: Trial, probe: Probe): Promise<void> {
  const blank = '  a word between spaces \t ';
  let answer = await echo(trial, probe, blank);
  if (answer.data.length === 0) {
    await trial.fresh(); // it may answer only once
    answer = await echo(trial, await trial.connect(), blank);
  }
  const { sent, isRight, ...came } = answer;
  if (isRight) return;
  throw new Finding({
    did: `sent ${show(sent)}`,
    expected: 'the same, with the spaces at both ends',
    came: inWords(came),
    likely: howItDiffers(sent, came.data),
  });
}

async function again(trial: Trial): Promise<void> {
  const probe = await trial.connect();
  for (const [index, text] of ['first', 'second', 'third'].entries()) {
    const { isRight, sent, ...came } = await echo(trial, probe, text);
    if (isRight) continue;
    throw new Finding({
      did: `sent 'first', 'second', 'third' on one connection, each after the echo of the previous one`,
      expected: `${show(sent)} to come back`,
      came: inWords(came),
      likely: howItDiffers(sent, came.data) ?? (index === 0 ? undefined : onlyOnce(came)),
    });
  }
}

function onlyOnce({ data }: Came): string | undefined {
  return data.length === 0 ? ONLY_ONCE : undefined;
}

/** What a program may do wrong with bytes that are not text, if this is the first that is wrong. */
function badFrom(at: number): readonly Variant[] {
  if (at === NUL_AT) return [STOPS_AT_NUL];
  return at === 0 || at > NUL_AT ? [DECODES] : [];
}

const STOPS_AT_NUL = variant(
  'only the bytes before a NUL come back: something treats NUL as the end (strlen(), C strings)',
  async (probe) => {
    void probe.send('abc\0def', VARIANT_MS);
    return String((await probe.receiveBytes(7, VARIANT_MS)).data) === 'abc';
  },
);

const DECODES = variant(
  'text comes back, but bytes that are not text do not: do not decode() what you receive; send the bytes back',
  async (probe) =>
    (await cameBack(probe, LONG_TEXT)) &&
    !(await cameBack(probe, Buffer.from([0x61, 0xff, 0xfe, 0x62]))),
);

/** As long as every byte once: what is lost of this, too, is not lost because it isn't text. */
const LONG_TEXT = 'abc def '.repeat(EVERY_BYTE.length / 8);

async function partOfText(probe: Probe): Promise<string | undefined> {
  void probe.send(LONG_TEXT, VARIANT_MS);
  const { data } = await probe.receiveBytes(LONG_TEXT.length, VARIANT_MS);
  if (data.length === 0 || !LONG_TEXT.startsWith(String(data)) || data.length === LONG_TEXT.length)
    return undefined;
  return `of ${LONG_TEXT.length} bytes of text, too, only the first ${data.length} come back: one recv() or send() may take less than all; call them in a loop until recv() returns no bytes`;
}

const ANSWERS_ONCE = variant(
  ONLY_ONCE,
  async (probe) => (await cameBack(probe, 'first')) && !(await cameBack(probe, 'second')),
);

async function cameBack(probe: Probe, text: string | Buffer): Promise<boolean> {
  const data = Buffer.from(text);
  void probe.send(data, VARIANT_MS);
  return (await probe.receiveBytes(data.length, VARIANT_MS)).data.equals(data);
}

async function endOfFile(trial: Trial): Promise<void> {
  const rest = trial.framing.frame('the rest,'.repeat(100));
  const probe = await trial.connect();
  if (await probe.send(rest, ANSWER_MS)) probe.shutdown();
  const all = await probe.receiveAll(ANSWER_MS);
  const came = { ...all, data: trial.framing.plain(all.data) };
  const did = `sent ${rest.length} bytes and end of file (shutdown), and kept reading`;
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
        ? 'probably your server closes while bytes are still unread, or with SO_LINGER 0'
        : () => neverCloses(trial),
      try: lineThatAsks('bye', trial.address, 'EchoClient'),
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
  const big = pattern(trial, BIG);
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
        : `different bytes from byte ${at} on: some are missing there`,
    likely: () => whyNotBig(trial, big, slow),
  });
}

/** As long as the slide's recv() asks for, in bytes. */
async function evenMessage(trial: Trial, probe: Probe): Promise<void> {
  if (await isBack(trial, probe, pattern(trial, EVEN))) return;
  throw new Finding({
    did: `sent ${EVEN} bytes, exactly as many as the slide's recv() asks for`,
    expected: `all ${EVEN} bytes back`,
    came: 'something else, or not all',
    likely: async () => {
      await trial.fresh();
      return (await isBack(trial, await trial.connect(), pattern(trial, EVEN + 1)))
        ? 'with one byte more, everything comes back: a recv() that returns fewer bytes than you asked for is not the end of a message'
        : undefined;
    },
  });
}

async function isBack(trial: Trial, probe: Probe, data: Buffer): Promise<boolean> {
  void probe.send(data, BIG_MS);
  return (await receivePatiently(trial, probe, data)).data.equals(data);
}

async function whyNotBig(trial: Trial, big: Buffer, slow: Came): Promise<string | undefined> {
  const isSilent = slow.data.length === 0; // although the message before it came back
  const once = isSilent ? await diagnose(trial, [ANSWERS_ONCE]) : undefined;
  if (once !== undefined) return once;
  await trial.fresh();
  if (await isBackInPieces(trial, big))
    return 'in pieces, each after the echo of the previous one, everything comes back: send() takes only a part when the client is slow, and your server loses the rest; use sendall()';
  const at = firstDifference(big, slow.data);
  if (at > 0 && at <= 65_536)
    return `the first ${at} bytes come back, but not the bytes that came with them: send back everything that recv() returned, and go on until it returns no bytes`;
  return undefined;
}

async function isBackInPieces(trial: Trial, data: Buffer): Promise<boolean> {
  const probe = await trial.connect();
  for (let from = 0; from < data.length; from += PIECE) {
    const piece = data.subarray(from, from + PIECE);
    void probe.send(piece, ANSWER_MS);
    if (!(await receivePatiently(trial, probe, piece)).data.equals(piece)) return false;
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
  return receivePatiently(trial, probe, data);
}

/** Until nothing has come for a while: a slow server is not wrong. */
async function receivePatiently(trial: Trial, probe: Probe, sent: Buffer): Promise<Came> {
  const { framing } = trial;
  let all: Came = await probe.receive(() => true, ANSWER_MS);
  while (all.ending === 'done' && !framing.isWhole(all.data, sent)) {
    const more = await probe.receive(() => true, ANSWER_MS);
    all = { ...more, data: Buffer.concat([all.data, more.data]) };
  }
  return { ...all, data: framing.plain(all.data) };
}

/** Bytes in which each place looks different from those near it; by lines, text with line ends. */
function pattern({ isByLines }: Trial, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  const isLineEnd = (index: number) => index === length - 1 || index % LINE === LINE - 1;
  for (let index = 0; index < length; index++) {
    const next = index * 31 + (index >> 8);
    if (!isByLines) bytes[index] = next % 251;
    else bytes[index] = isLineEnd(index) ? NEWLINE : 33 + (next % 89);
  }
  return bytes;
}
