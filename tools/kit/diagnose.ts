import { setTimeout } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import type { Probe } from './Probe';
import type { Trial } from './stage';

/** A variant that gets no answer within this time, in ms, did not help. */
export const VARIANT_MS = 1000;
/** A server whose answer takes longer than this, in ms, has not answered. */
const SLOW_MS = 6000;
const LOOK_MS = 500;
/** % of a core */
const BUSY = 6;
/** Linux counts CPU time in hundredths of a second. */
const TICKS_A_SECOND = 100;

/**
 * Another way to do what did not work: gives what it means if that works. The connection is a fresh
 * one, and so is the program if it can be.
 */
export type Variant = (probe: Probe) => Promise<string | undefined>;

/** A variant that means always the same. */
export function variant(means: string, works: (probe: Probe) => Promise<boolean>): Variant {
  return async (probe) => ((await works(probe)) ? means : undefined);
}

const WAITS_FOR_INPUT =
  'your program waits for input from the keyboard before it answers: a server answers what its client sends (if it asks at its start, give it some with --stdin TEXT)';

/** What a diagnosis needs of a trial: each try has a fresh program, and a connection to it. */
type Startable = Pick<Trial, 'fresh' | 'connect' | 'subject' | 'output' | 'knownCause'>;

/** Tries the variants; what the first that works means is a fact, since it was tried. */
export async function diagnose(
  trial: Startable,
  variants: readonly Variant[],
): Promise<string | undefined> {
  for (const attempt of variants) {
    const cause = await tried(trial, attempt);
    if (cause !== undefined) return cause;
  }
  return undefined;
}

async function tried(trial: Startable, attempt: Variant): Promise<string | undefined> {
  try {
    await trial.fresh();
    return await attempt(await trial.connect());
  } catch {
    return undefined; // it did not help
  }
}

/**
 * Why a server stays silent after this.
 * @param isAnswer whether what came is what was asked for, and not a complaint.
 * @param first variants to try before the usual ones.
 */
export async function whySilent(
  trial: Startable,
  text: string,
  isAnswer: (data: Buffer) => boolean,
  first: readonly Variant[] = [],
): Promise<string | undefined> {
  if (trial.subject?.isOnlyReadingStdin) return WAITS_FOR_INPUT;
  for (const attempt of [...first, ...variantsOf(text, isAnswer)]) {
    const begun = performance.now();
    const cause = await tried(trial, attempt);
    if (cause === undefined) continue;
    // On a busy machine it may have helped only because it waited longer: so the text itself is sent again,
    // and has twice as long.
    const ms = Math.min(SLOW_MS, 2 * (performance.now() - begun));
    return (await tried(trial, withPatience(text, isAnswer, ms))) ?? cause;
  }
  const slow = await tried(trial, withPatience(text, isAnswer, SLOW_MS));
  if (slow === undefined && trial.subject?.isReadingStdin) return `probably ${WAITS_FOR_INPUT}`;
  return slow ?? trial.knownCause ?? endedSilently(trial);
}

/** What is left to say of a program that ended without an error that is known. */
function endedSilently({ output: { ended } }: Startable): string | undefined {
  if (ended === undefined) return undefined;
  return `your program ${ended} before it had answered: a server answers, and runs until it is stopped`;
}

/** Whether anything comes after this was sent. */
async function isAnswered(probe: Probe, data: string | Uint8Array): Promise<boolean> {
  void probe.send(data, VARIANT_MS);
  return (await probe.receiveBytes(1, VARIANT_MS)).data.length > 0;
}

function variantsOf(text: string, isAnswer: (data: Buffer) => boolean): readonly Variant[] {
  const withNewline = variant(
    'your server answered as soon as a newline had come: recv() does not wait for a line, but your readline() does (with --lines the kit ends each message with a newline)',
    async (probe) => {
      void probe.send(`${text}\n`, VARIANT_MS);
      return isAnswer((await probe.receive(isAnswer, VARIANT_MS)).data);
    },
  );
  const manyTimes = variant(
    'probably your answer stays in a buffer: flush() it after each answer. Or your server waits for more bytes than one question has: it answered only when the kit sent a lot',
    (probe) => isAnswered(probe, `${text.trimEnd()}\n`.repeat(20_000)),
  );
  const withEnd = variant(
    "your server answered only after the client's end of file: a client that waits for the answer waits forever; answer after each recv()",
    async (probe) => {
      void probe.send(text, VARIANT_MS).then(() => {
        probe.shutdown();
      });
      return isAnswer((await probe.receive(isAnswer, VARIANT_MS)).data);
    },
  );
  const byLines = text.endsWith('\n') ? [] : [withNewline];
  return [...byLines, manyTimes, withEnd];
}

function withPatience(text: string, isAnswer: (data: Buffer) => boolean, ms: number): Variant {
  return async (probe) => {
    void probe.send(text, VARIANT_MS);
    const { data, waited } = await probe.receive(isAnswer, ms);
    if (!isAnswer(data)) return undefined;
    const after = `after ${(waited / 1000).toFixed(1)} s`;
    return waited > VARIANT_MS
      ? `your server is slow: the answer came ${after}; is there a sleep()?`
      : `your server is not always silent: when the kit sent the same again, the answer came ${after}`;
  };
}

/**
 * Says that a program that should wait is looping, and how much of a core it uses; undefined if it waits, or
 * if this system is not Linux. A program that waits uses no CPU time at all; one that loops may get little on
 * a busy machine.
 */
export async function roundAndRound(pids: readonly number[]): Promise<string | undefined> {
  const before = ticks(pids);
  await setTimeout(LOOK_MS);
  const after = ticks(pids);
  if (before === undefined || after === undefined) return undefined;
  const share = Math.round(((after - before) / TICKS_A_SECOND / (LOOK_MS / 1000)) * 100);
  if (share < BUSY) return undefined;
  return `your program loops without waiting (${share} % of a core): when recv() returns no bytes, that is end of file; leave the loop then`;
}

function ticks(pids: readonly number[]): number | undefined {
  try {
    return pids.reduce((sum, pid) => {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return sum + Number(fields[11]) + Number(fields[12]);
    }, 0);
  } catch {
    return undefined;
  }
}
