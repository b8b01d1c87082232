import { setTimeout } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import type { Probe } from './Probe';
import type { Trial } from './stage';

/** A variant gets an answer in this time, or it did not help. */
export const VARIANT_MS = 1000;
/** Whose answer takes longer than that has none. */
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

/** Tries the variants; what the first that works means is a fact, since it was tried. */
export async function diagnose(
  trial: Trial,
  variants: readonly Variant[],
): Promise<string | undefined> {
  for (const attempt of variants) {
    try {
      await trial.fresh();
      const cause = await attempt(await trial.connect());
      if (cause !== undefined) return cause;
    } catch {
      // It did not help.
    }
  }
  return undefined;
}

/** Whether anything comes after this was sent. */
async function isAnswered(probe: Probe, data: string | Uint8Array): Promise<boolean> {
  void probe.send(data, VARIANT_MS);
  return (await probe.receiveBytes(1, VARIANT_MS)).data.length > 0;
}

/**
 * For a server that stays silent after this.
 * @param isAnswer whether what came is what was asked for, and not a complaint.
 */
export function silent(text: string, isAnswer: (data: Buffer) => boolean): readonly Variant[] {
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
    (probe) => {
      void probe.send(text, VARIANT_MS).then(() => {
        probe.shutdown();
      });
      return probe.receiveBytes(1, VARIANT_MS).then(({ data }) => data.length > 0);
    },
  );
  const withPatience: Variant = async (probe) => {
    void probe.send(text, VARIANT_MS);
    const { data, waited } = await probe.receive(isAnswer, SLOW_MS);
    if (!isAnswer(data)) return undefined;
    return `your server is slow: the answer came after ${(waited / 1000).toFixed(1)} s; is there a sleep()?`;
  };
  const byLines = text.endsWith('\n') ? [] : [withNewline];
  return [...byLines, manyTimes, withEnd, withPatience];
}

/**
 * Tells that a program that should wait is looping, and how much of a core it uses; undefined if it waits, or
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
