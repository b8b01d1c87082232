import { setTimeout } from 'node:timers/promises';
import { lineThatAsks } from './byHand';
import { inWords, show } from './bytes';
import { whatElseItIs } from './compare';
import { isNow, tellsSeconds } from './dates';
import { variant, type Variant, VARIANT_MS, whySilent } from './diagnose';
import type { Came, Probe } from './Probe';
import {
  type Ask,
  breaksOff,
  leavesSilently,
  listens,
  restarts,
  secondClient,
  twoTogether,
} from './serverStages';
import { Finding, type Trial, type Stage } from './stage';

const ANSWER_MS = 2000;
/** A server that waits for a question is silent for at least this long, in ms. */
const SILENCE_MS = 2000;
/** What belongs to an answer, or is another one, comes in this time. */
const REST_MS = 200;
const SECOND_MS = 1000;
/** A moment after the clock's next second, in ms. */
const TICK_MS = 50;
/** Between two pieces of one question. */
const PIECE_MS = 30;
const SLIDE = 'slide "Exercise 1"';

/** How a date server is asked in the stages that all servers have. */
export const DATE: Ask = {
  async ask(trial, probe, _name, did) {
    const came = await askDate(probe, `${trial.question}\n`);
    if (came.ending === 'done') return;
    throw new Finding({ did, expected: 'the present date and time', came: inWords(came) });
  },
  try: (trial) => lineThatAsks(`${trial.question}\\n`, trial.address, 'DateClient'),
};

export const DATE_SERVER: readonly Stage[] = [
  listens(`${SLIDE}: a port above 1023, all the time`),
  {
    title: 'It waits for a question',
    slide: `${SLIDE}: first the request, then the answer`,
    needs: [1],
    check: waits,
  },
  {
    title: 'The answer is the present date and time',
    slide: SLIDE,
    needs: [1],
    check: tellsNow,
  },
  {
    title: 'A question without a newline gets one answer',
    titleByLines: null,
    slide: SLIDE,
    needs: [3],
    check: endsWhere,
  },
  secondClient(DATE, [3], `${SLIDE}: all the time`),
  twoTogether(DATE, [3, 5], 'slide "Socket Programming: Simple Client", its last question'),
  leavesSilently(DATE, [5], `${SLIDE}: all the time`),
  breaksOff(DATE, [5]),
  restarts(DATE, [3]),
];

async function waits(trial: Trial): Promise<void> {
  const { data, ending } = await (await trial.connect()).receive(() => true, SILENCE_MS);
  if (ending === 'timeout') return;
  const spoke = data.length > 0;
  throw new Finding({
    did: 'connected, and asked nothing',
    expected: 'silence until the question',
    came: spoke ? show(data) : ending,
    likely: spoke
      ? 'your server answers on connect, as RFC 867 (daytime) does; the slide asks for an answer to a request: call recv() before send()'
      : 'your server closes before it was asked: recv() waits for the question',
  });
}

/** Asks, and receives until the date of now has come. */
export function askDate(probe: Probe, question: string): Promise<Came> {
  void probe.send(question, ANSWER_MS);
  return probe.receive((data) => isNow(String(data), new Date()), ANSWER_MS);
}

/** The whole answer, on a new connection: only silence shows where it ends. */
async function wholeAnswer(trial: Trial, ...pieces: string[]): Promise<Came> {
  const probe = await trial.connect();
  const last = pieces.at(-1) ?? '';
  for (const piece of pieces.slice(0, -1)) {
    void probe.send(piece, ANSWER_MS);
    await setTimeout(PIECE_MS);
  }
  const came = await askDate(probe, last);
  if (came.ending !== 'done') return came;
  const rest = await probe.receiveAll(REST_MS);
  void probe.closeSoon(); // the next client need not wait for that
  return { ...rest, data: Buffer.concat([came.data, rest.data]) };
}

/** The answer to another client; nothing from a server that has ended: another stage reports that. */
async function anotherAnswer(trial: Trial, ...pieces: string[]): Promise<Came | undefined> {
  const came = await unlessEnded(trial, () => wholeAnswer(trial, ...pieces));
  return came && came.data.length > 0 ? came : undefined;
}

/** The same without what may still come behind the date. */
async function nextDate(trial: Trial): Promise<Buffer> {
  const ask = async () => askDate(await trial.connect(), `${trial.question}\n`);
  return (await unlessEnded(trial, ask))?.data ?? Buffer.alloc(0);
}

async function unlessEnded(trial: Trial, ask: () => Promise<Came>): Promise<Came | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (trial.deadline.isOver) throw error;
    return undefined;
  }
}

const isDate = (data: Buffer) => isNow(String(data), new Date());

export async function tellsNow(trial: Trial): Promise<void> {
  const { question } = trial;
  const did = `asked '${question}\\n'`;
  const expected = 'the present date and time, in any form';
  const first = await wholeAnswer(trial, `${question}\n`);
  if (!isNow(String(first.data), new Date())) {
    throw new Finding({
      did,
      expected,
      came: inWords(first),
      likely: () => whyNoDate(trial, first.data),
      try: DATE.try(trial, ''),
    });
  }
  await trial.deadline.pause(SECOND_MS - (Date.now() % SECOND_MS) + TICK_MS);
  if (!tellsSeconds(String(first.data))) return;
  const second = await nextDate(trial);
  // Its rest, if there is any, is not waited for.
  if (second.length === 0 || !first.data.subarray(0, second.length).equals(second)) return;
  throw new Finding({
    did: 'asked twice, one second apart',
    expected: 'another time',
    came: `the same: ${show(second)}`,
    likely:
      'your server reads the clock only once, probably at its start: read it inside the loop, for each request',
  });
}

async function whyNoDate(trial: Trial, came: Buffer): Promise<string | undefined> {
  const { question } = trial;
  if (came.length === 0) return whySilent(trial, `${question}\n`, isDate, [compares(question)]);
  if (String(came).trim() === question)
    return 'your server sends the question back, like an echo server: it should send the date';
  return (
    whatElseItIs(came) ??
    "it contains neither today's date nor the present time, in local time or in UTC; if your server needs a special question, give it with --question TEXT"
  );
}

const compares = (question: string): Variant =>
  variant(
    'without a newline at the end of the question your server answered: strip() what you receive before you compare it',
    async (probe) => {
      void probe.send(question, VARIANT_MS);
      return isDate((await probe.receive(isDate, VARIANT_MS)).data);
    },
  );

/** The slides define no end of a question: what only our own server keeps is a remark. */
async function endsWhere(trial: Trial): Promise<void> {
  const { question } = trial;
  const single = await wholeAnswer(trial, question);
  if (!isNow(String(single.data), new Date())) {
    throw new Finding({
      did: `asked '${question}', without a newline, as the slides' own client does`,
      expected: 'the present date and time',
      came: inWords(single),
      likely: () => whySilent(trial, question, isDate),
      try: lineThatAsks(question, trial.address, 'DateClient'),
    });
  }
  const inPieces = await anotherAnswer(
    trial,
    question.slice(0, question.length / 2),
    `${question.slice(question.length / 2)}\n`,
  );
  if (inPieces && inPieces.data.length >= 2 * single.data.length) {
    throw remark(
      `sent one question in two pieces, ${PIECE_MS} ms apart`,
      'one answer',
      `two: ${show(inPieces.data)}`,
    );
  }
  const two = await anotherAnswer(trial, `${question}\n${question}\n`);
  if (two?.ending === 'timeout' && two.data.length < 2 * single.data.length) {
    throw remark('sent two questions, each a line, in one piece', 'two answers', inWords(two));
  }
}

function remark(did: string, expected: string, came: string): Finding {
  const likely =
    'recv() returns what has come so far, not one question: TCP has no messages. The slides do not say where a question ends; src/socket/Messages.ts shows one way';
  return new Finding({ did, expected, came, likely }, 'warned');
}
