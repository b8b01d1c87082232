import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { CallRecord, Role, SourceLine, TraceRecord } from '../../src/trace/record';
import { rowsOf } from '../../src/trace/Reducer';
import { callWords } from '../../src/trace/words';
import { readIfThere } from '../lab/procfs';
import { openCalls } from '../watch/openCalls';
import { placesIn } from '../watch/stacks';
import { Watch } from '../watch/Watch';
import { readBeginning } from './folder';
import { LIBRARY } from './knownErrors';
import type { Start, Subject } from './Subject';
import { monotonicNow, msSince } from '../../src/trace/monotonic';

/** How many rows of the program's side are shown. */
const LAST_ROWS = 6;
const WORDS_WIDTH = 22;
/** Python says where it is within this time (ms), even on a busy machine; usually much sooner. */
const STACKS_MS = 8000;
/** A signal has its effect within this time, in ms. */
const SIGNAL_MS = 1000;
const POLL_MS = 20;
/** SIGUSR2, as a bit of what /proc says of the signals that a process catches. */
const SIGUSR2 = 1n << 11n;

/** Where a program was when a stage failed, and its last calls. */
export interface Seen {
  readonly where: string | undefined;
  readonly saw: readonly string[];
  /** The cause, where the calls show one. */
  readonly cause?: string | undefined;
}

/** Watches a program while a stage is repeated: its calls, and for Python the line of each thread. */
export class Eyes {
  readonly #origin = monotonicNow();
  readonly #stacks: string;
  readonly #folder: string;
  readonly #role: Role;
  readonly #cwd: string;
  #watch: Watch | undefined;
  #starts = 0;

  /** @param folder an empty one, which the program may write into. */
  constructor(folder: string, isClient: boolean, cwd: string) {
    this.#folder = folder;
    this.#stacks = path.join(folder, 'stacks');
    this.#role = isClient ? 'client' : 'server';
    this.#cwd = cwd;
  }

  /** How to start the program so that it is watched; undefined where nothing can watch it. */
  open(start: Start): Start | undefined {
    const file = path.join(this.#folder, `${++this.#starts}.jsonl`);
    const watch = new Watch({
      command: start.command,
      cwd: start.cwd,
      role: this.#role,
      program: 'your program',
      file,
      origin: this.#origin,
    });
    if (watch.way === 'none' || watch.way === 'node') return undefined;
    this.#watch = watch;
    const env = { ...watch.env, LAB_WATCH_STACKS: this.#stacks };
    return { ...start, command: watch.command, env };
  }

  /** What can be seen of the program now. */
  async look(subject: Subject | undefined): Promise<Seen> {
    const now = this.#now();
    const hasEnded = subject === undefined || subject.how !== undefined;
    if (subject) await this.#interrupt(subject);
    // The program did not cause what follows.
    const seen = this.#watch?.records() ?? [];
    const records = seen.filter((record) => record.type !== 'call' || record.t <= now);
    const open = openCalls(records);
    const places = hasEnded ? [] : await this.#placesOf(subject);
    const isIdle = !hasEnded && this.#isIdle(places, open);
    const failed = isIdle ? lastFailed(records) : undefined;
    const isThere = !hasEnded && failed === undefined;
    // A program that is ending has no current line any more; its last call is still known.
    const where = (isThere ? this.#whereIn(places, open) : undefined) ?? lastOf(failed, records);
    const cause = this.#role === 'server' ? missingCall(records) : undefined;
    return { where, saw: rowsSeen(records, this.#role), cause };
  }

  /** strace tells the line of a call that waits when a signal comes. */
  async #interrupt({ pids }: Subject): Promise<void> {
    if (this.#watch?.way !== 'strace') return;
    for (const pid of pids.filter(isTraced))
      for (const signal of ['SIGSTOP', 'SIGCONT'] as const) process.kill(pid, signal);
    const begun = performance.now();
    const hasLine = () =>
      openCalls(this.#watch?.records() ?? []).some(({ at }) => at !== undefined);
    while (!hasLine() && performance.now() - begun < SIGNAL_MS) await setTimeout(POLL_MS);
  }

  /** Where each thread of a Python program is, in the student's own files; the main thread first. */
  async #placesOf(subject: Subject): Promise<SourceLine[]> {
    if (this.#watch?.way !== 'python') return [];
    const before = readBeginning(this.#stacks).length;
    const asked = subject.pids.filter(catchesUsr2);
    for (const pid of asked) process.kill(pid, 'SIGUSR2');
    if (asked.length === 0) return [];
    const begun = performance.now();
    let places: SourceLine[][] = [];
    while (places.length < asked.length && performance.now() - begun < STACKS_MS) {
      await setTimeout(POLL_MS);
      places = placesIn(readBeginning(this.#stacks).slice(before));
    }
    return places.flat();
  }

  /** Whether it does nothing but wait for the next client. */
  #isIdle(places: readonly SourceLine[], open: readonly CallRecord[]): boolean {
    return open.every(isAccept) && busyIn(places, open).length === 0;
  }

  #whereIn(places: readonly SourceLine[], open: readonly CallRecord[]): string | undefined {
    const place = busyIn(places, open).at(0) ?? places.at(0);
    const calls = open.filter((call) => !isAccept(call));
    const waiting = place ? open.find((call) => isAt(call, place)) : (calls.at(-1) ?? open.at(-1));
    if (waiting)
      return `${nameOf(place ?? ownLine(waiting))} waits in ${this.#wordsOf(waiting)}`.trim();
    if (!place) return undefined;
    return `${nameOf(place)} ${sourceOf(place, this.#cwd)}`.trim();
  }

  /** ms */
  #now(): number {
    return msSince(this.#origin);
  }

  #wordsOf({ call, args = [], t }: CallRecord): string {
    const given = call === 'recv' ? args.join(', ') : '';
    return `${call}(${given}), for ${((this.#now() - t) / 1000).toFixed(1)} s`;
  }
}

function isTraced(pid: number): boolean {
  return /^TracerPid:\s*[1-9]/m.test(readIfThere(`/proc/${pid}/status`));
}

/** A process that the signal would end is not asked. */
function catchesUsr2(pid: number): boolean {
  const mask = /^SigCgt:\s*([\da-f]+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1];
  return mask !== undefined && (BigInt(`0x${mask}`) & SIGUSR2) !== 0n;
}

function isAccept({ call }: CallRecord): boolean {
  return call === 'accept';
}

/** Those of threads that do not wait for the next client. */
function busyIn(places: readonly SourceLine[], open: readonly CallRecord[]): SourceLine[] {
  return places.filter((place) => !open.some((call) => isAccept(call) && isAt(call, place)));
}

function isAt(call: CallRecord, place: SourceLine): boolean {
  return nameOf(ownLine(call)) === nameOf(place);
}

function lastFailed(records: readonly TraceRecord[]): CallRecord | undefined {
  const failed = (record: TraceRecord) => record.type === 'call' && record.phase === 'throw';
  return records.findLast(failed) as CallRecord | undefined;
}

/** The call that has failed, or the last one. */
function lastOf(
  failed: CallRecord | undefined,
  records: readonly TraceRecord[],
): string | undefined {
  const calls = records.flatMap((record) => (record.type === 'call' ? [record] : []));
  const last = failed ?? lastFailed(records) ?? calls.at(-1);
  if (!last) return undefined;
  const what = last.error ? `failed: ${last.error.code}` : 'was its last call';
  return `${nameOf(ownLine(last))} ${last.call}() ${what}`.trim();
}

/** The call that a silent server does not make: `recv` after `accept`, or `send` after `recv`. */
function missingCall(records: readonly TraceRecord[]): string | undefined {
  const calls = records.flatMap((record) => (record.type === 'call' ? [record] : []));
  const followedBy = (last: number, name: string) =>
    calls.slice(last).some(({ call }) => call.startsWith(name));
  const received = calls.findLastIndex(({ call, result = 0 }) => call === 'recv' && result > 0);
  if (received >= 0 && !followedBy(received, 'send'))
    return `your program receives the message${lineOf(calls[received])}, but then it calls no send(): is that missing, or does it wait for more?`;
  const accepted = calls.findLastIndex((call) => isAccept(call) && call.phase === 'return');
  if (accepted >= 0 && !followedBy(accepted, 'recv'))
    return `your program accepts the connection${lineOf(calls[accepted])}, but then it calls no recv(): receive the message, and send the answer back`;
  return undefined;
}

function lineOf(call: CallRecord | undefined): string {
  const line = nameOf(call && ownLine(call));
  return line && ` (${line})`;
}

/** The last rows of its side of the picture: `recv() = 12   EchoServer.py:13`. */
function rowsSeen(records: readonly TraceRecord[], role: Role): string[] {
  const marks = rowsOf(records).flatMap(({ [role]: mark }) => (mark ? [mark] : []));
  return marks
    .slice(-LAST_ROWS)
    .map((mark) =>
      `${callWords(mark).padEnd(WORDS_WIDTH)} ${nameOf(mark.lab ?? mark.at)}`.trimEnd(),
    );
}

function ownLine({ lab, at }: CallRecord): SourceLine | undefined {
  return lab ?? at;
}

/** Empty for a line of a library. */
function nameOf(place: SourceLine | undefined): string {
  return place && !LIBRARY.test(place.file) ? `${path.basename(place.file)}:${place.line}` : '';
}

function sourceOf({ file, line }: SourceLine, cwd: string): string {
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8').split('\n')[line - 1]?.trim() ?? '';
  } catch {
    return '';
  }
}
