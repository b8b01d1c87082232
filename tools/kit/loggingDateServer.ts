import * as path from 'node:path';
import { show } from './bytes';
import { askDate, DATE, DATE_SERVER } from './dateServer';
import { type Files, isHigher, lookInto, numbersIn, readBeginning, written } from './folder';
import { Finding, type Trial, type Stage } from './stage';

/** A request that was answered is in the log within this time, in ms, or never. */
const RECORD_MS = 1000;
const LOOK_MS = 20;
/** Linux gives the time of a file in steps of 4 ms. */
const STEP_MS = 10;
/** A file that is written for a silent client is there by then, in ms. */
const SILENT_MS = 100;
const IN_TURN = 12;
const TOGETHER = 20;
const ROUNDS = 3;
const SAME_NUMBER =
  'probably two requests took the same number: another thread looked before the first one had created its file. Take the number under a lock, or create the file with open(name, "x"), which fails if it exists';
const SLIDE = 'slide "Exercise 3"';
const NAMES = 'log0.txt, log1.txt, log2.txt';

export const LOGGING_DATE_SERVER: readonly Stage[] = [
  ...DATE_SERVER,
  {
    title: 'Each request makes one new file with a number',
    slide: `${SLIDE}: ${NAMES}`,
    needs: [3],
    check: makesFiles,
  },
  {
    title: 'The numbers rise',
    slide: `${SLIDE}: its last point`,
    needs: [10],
    check: numbersRise,
  },
  {
    title: 'A file has one line, and does not change any more',
    slide: `${SLIDE}: one line a file`,
    needs: [10],
    check: holdsOneLine,
  },
  {
    title: `${TOGETHER} requests at the same time make ${TOGETHER} files`,
    slide: `${SLIDE}: none without a file`,
    needs: [6, 10],
    check: manyTogether,
  },
  {
    title: 'After a restart no older file is overwritten',
    slide: `${SLIDE}: a file of its own`,
    needs: [10],
    startsIt: true,
    check: keepsOlder,
  },
  {
    title: 'Every answered request is in a file, even after kill -9',
    slide: `${SLIDE}: every request`,
    needs: [10, 13],
    startsIt: true,
    check: isStoredBefore,
  },
];

/** Asks this many times, each time on a new connection; returns what each request wrote. */
async function askInTurn(trial: Trial, times: number): Promise<string[][]> {
  const all: string[][] = [];
  const closing: Promise<void>[] = [];
  for (let turn = 0; turn < times; turn++) {
    const before = lookInto(trial.folder);
    const probe = await trial.connect();
    await DATE.ask(trial, probe, '', `asked, ${turn + 1} of ${times} times`);
    closing.push(probe.closeSoon());
    all.push(await writtenSince(trial, before, 1));
    await trial.deadline.pause(STEP_MS);
  }
  await Promise.all(closing);
  return all;
}

/** What was written since then, as soon as it is this many files. */
function writtenSince(trial: Trial, before: Files, count: number): Promise<string[]> {
  return soon(
    trial,
    () => written(before, lookInto(trial.folder)),
    (files) => numbered(files).length >= count,
  );
}

/** What there is, as soon as it is enough, or when the time is over. */
async function soon<Seen>(
  trial: Trial,
  look: () => Seen,
  isEnough: (seen: Seen) => boolean,
): Promise<Seen> {
  const begun = performance.now();
  for (;;) {
    const seen = look();
    if (isEnough(seen) || performance.now() - begun > RECORD_MS) return seen;
    await trial.deadline.pause(LOOK_MS);
  }
}

/** The files with a number in their name; other files of a program do not matter. */
function numbered(files: readonly string[]): string[] {
  return files.filter((file) => numbersIn(file).length > 0);
}

async function makesFiles(trial: Trial): Promise<void> {
  const all = await askInTurn(trial, 3);
  const found = (came: string, likely: string) =>
    new Finding({
      did: `asked three times, and looked for new files in ${trial.folder}`,
      expected: 'one new file after each answer, with a number in its name',
      came,
      likely,
    });
  for (const [turn, files] of all.entries()) {
    const [file, ...more] = numbered(files);
    if (file === undefined) {
      throw files.length > 0
        ? found(
            `only ${names(files)} was written`,
            `your server writes into a file without a number: the slide asks for a new file for each request, ${NAMES}`,
          )
        : found(
            'no new file, and no changed file',
            'nothing is logged there. Where does your program write? Name the folder with --log-dir, or pass {log-dir} to the program',
          );
    }
    if (more.length > 0)
      throw found(`${names([file, ...more])} for one request`, 'one request is one file');
    if (all.slice(0, turn).some((earlier) => earlier.includes(file)))
      throw found(
        `${path.basename(file)} again`,
        'your server opens the same file each time: use a new number for each request',
      );
  }
  await logsOnlyRequests(trial);
}

/** A connection without a question makes no file, neither while it is open nor when it ends. */
async function logsOnlyRequests(trial: Trial): Promise<void> {
  const before = lookInto(trial.folder);
  const probe = await trial.connect();
  const whileOpen = await filesSince(trial, before);
  await probe.close();
  const later = await filesSince(trial, before);
  if (later.length === 0) return;
  throw new Finding({
    did: 'connected, asked nothing, and closed',
    expected: 'no new file: there was no request',
    came: names(later),
    likely:
      whileOpen.length > 0
        ? 'your server logs as soon as accept() returns a client: log after recv(), when there is a request'
        : 'your server also logs when recv() returns no bytes: that is end of file, not a request',
  });
}

/** What is written after a while in which nothing should be. */
async function filesSince(trial: Trial, before: Files): Promise<string[]> {
  await trial.deadline.pause(SILENT_MS);
  return numbered(written(before, lookInto(trial.folder)));
}

async function numbersRise(trial: Trial): Promise<void> {
  const files: string[] = [];
  for (const each of (await askInTurn(trial, IN_TURN)).map(numbered)) {
    const file = each.find((one) => !files.includes(one)) ?? each[0];
    if (file !== undefined) files.push(file);
  }
  if (files.slice(1).every((file, index) => isHigher(file, files[index] ?? ''))) return;
  throw new Finding({
    did: `asked ${IN_TURN} times, one after the other`,
    expected: 'a higher number each time; any number may be the first',
    came: files.map((file) => path.basename(file)).join(', '),
    likely:
      'count the number up, and never begin again: it must not be random, or taken from the connection',
  });
}

async function holdsOneLine(trial: Trial): Promise<void> {
  const older = lookInto(trial.folder);
  const files = (await askInTurn(trial, 2)).flatMap(numbered);
  const [file = ''] = files;
  const found = (came: string, likely?: string) =>
    new Finding({
      did: `asked, and read ${path.basename(file)}`,
      expected: 'one line, and the same after more requests',
      came,
      likely,
    });
  const text = await soon(
    trial,
    () => readBeginning(file),
    (content) => content.trim() !== '',
  );
  if (text.trim() === '')
    throw found(
      `nothing in it after ${RECORD_MS / 1000} s`,
      'probably the file is still open, and the line is in a buffer: close() the file after the line',
    );
  if (text.trimEnd().includes('\n'))
    throw found(
      `more than one: ${show(Buffer.from(text))}`,
      older.has(file)
        ? 'the file existed before your program started, and your program added a line: each request needs a new file; open(name, "x") fails if the file exists'
        : 'one line, and no heading, for each request',
    );
  const before = lookInto(trial.folder).get(file);
  await askInTurn(trial, IN_TURN);
  if (lookInto(trial.folder).get(file) === before) return;
  throw found(
    `changed by a later request: ${show(Buffer.from(readBeginning(file)))}`,
    'a later request wrote into the same file: each request needs its own number',
  );
}

async function manyTogether(trial: Trial): Promise<void> {
  const did = `connected ${TOGETHER} times, and asked on all connections at the same time`;
  for (let round = 0; round < ROUNDS; round++) {
    const probes = await trial.connectMany(TOGETHER);
    const before = lookInto(trial.folder);
    await Promise.all(probes.map((probe) => DATE.ask(trial, probe, '', did)));
    const count = numbered(await writtenSince(trial, before, TOGETHER)).length;
    await Promise.all(probes.map((probe) => probe.close()));
    if (count === TOGETHER) continue;
    throw new Finding({
      did,
      expected: `${TOGETHER} new files`,
      came: `${count} that were written`,
      likely: count < TOGETHER ? SAME_NUMBER : undefined,
    });
  }
}

async function keepsOlder(trial: Trial): Promise<void> {
  await trial.fresh();
  const first = (await askInTurn(trial, 2)).flatMap(numbered);
  const before = lookInto(trial.folder);
  const texts = new Map(first.map((file) => [file, readBeginning(file)]));
  await trial.subject?.end();
  await trial.restart();
  const second = (await askInTurn(trial, 3)).flatMap(numbered);
  const did = 'asked twice, stopped your program, started it again, and asked three times';
  const lost = second.filter((file) => before.has(file));
  if (lost.length > 0) {
    const isAddedTo = lost.every((file) => isLonger(readBeginning(file), texts.get(file)));
    throw new Finding({
      did,
      expected: 'new files, and the older ones unchanged',
      came: isAddedTo ? `one more line in ${names(lost)}` : `${names(lost)} written again`,
      likely:
        'your server starts counting again after each start: look for the highest number in the folder first, and create files with open(name, "x")',
    });
  }
  if (first.every((old) => second.every((file) => isHigher(file, old)))) return;
  throw new Finding(
    {
      did,
      expected: 'higher numbers after the restart',
      came: `${names(first)}, then ${names(second)}`,
    },
    'warned',
  );
}

/** What was there before, and more. */
function isLonger(text: string, before: string | undefined): boolean {
  return before !== undefined && text.length > before.length && text.startsWith(before);
}

/** Kills the program as soon as one of many is answered: no more may be answered than stored. */
async function isStoredBefore(trial: Trial): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    await trial.fresh();
    const probes = await trial.connectMany(TOGETHER);
    const before = lookInto(trial.folder);
    const asked = probes.map((probe) => askDate(probe, `${trial.question}\n`));
    await Promise.race(asked);
    await trial.subject?.kill();
    const answered = (await Promise.all(asked)).filter(({ ending }) => ending === 'done').length;
    const stored = numbered(written(before, lookInto(trial.folder))).filter(
      (file) => readBeginning(file).trim() !== '',
    ).length;
    if (stored >= answered) continue;
    throw new Finding({
      did: `asked on ${TOGETHER} connections at the same time, and killed your program (SIGKILL) at the first answer`,
      expected: `${answered} ${answered === 1 ? 'line' : 'lines'} in files: as many as were answered`,
      came: `${stored}`,
      likely:
        'your server answers before it has logged, or the line is still in a buffer: write and close the file first, then send',
    });
  }
}

function names(files: readonly string[]): string {
  return files.map((file) => path.basename(file)).join(', ');
}
