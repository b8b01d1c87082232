import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { type Address, formatAddress } from '../../src/socket/Address';
import { Socket } from '../../src/socket/Socket';
import { temporaryFolder } from '../lab/temporaryFolder';
import { Cage } from './Cage';
import { Deadline } from './Deadline';
import type { Result } from './formats';
import { Eyes } from './Eyes';
import { BYTES, LINES } from './framing';
import { KitError } from './KitError';
import { Pace } from './Pace';
import type { Pair } from './pair';
import type { Points } from './points';
import type { Program } from './programs';
import { linesAtTheEnd, linesNow, type Look } from './report';
import { ReservedPort } from './ReservedPort';
import { copyFor, giveTo } from './sandboxFolder';
import { ANY_PORT, left, runStages, Trial, type Verdict } from './stage';
import { endTimeWait } from './untilFree';

const CONNECT_MS = 500;
/** A run that has not ended this many ms after its time is ended. */
const OVERTIME_MS = 1500;

/** The settings of one run. */
export interface Check {
  readonly name: string;
  readonly program: Program;
  readonly command: readonly string[];
  /** Its commands instead, where it is a client with its server. */
  readonly pair: Pair | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly cwd: string;
  readonly logDir: string | undefined;
  readonly only: readonly number[];
  readonly stdin: string | undefined;
  /** Whether a failed stage is repeated while the program is watched. */
  readonly isWatched: boolean;
  readonly question: string;
  readonly isByLines: boolean;
  /** ms */
  readonly timeout: number;
  readonly points: Points;
  /** Whether causes are hidden, for exams. */
  readonly isBrief: boolean;
  /** Undefined for a program without a sandbox. */
  readonly sandbox: { readonly hidden: readonly string[] } | undefined;
  readonly look: Look;
}

/** A result, and the kit's own error if one interrupted it. */
export interface Outcome {
  readonly result: Result;
  readonly error: unknown;
}

/**
 * Checks one program. It ends with a result whatever happens: stages that were not reached are not tried.
 * @param missing what a sandbox lacks here, as far as that is known before.
 * @param write gets each line of the report.
 * @param stop ends the run when it is aborted, with its reason as the problem.
 */
export async function checkOne(
  check: Check,
  missing: readonly string[],
  write: (line: string) => void,
  stop: AbortSignal,
): Promise<Outcome> {
  const { name, program, command, points, only, look } = check;
  const verdicts: Verdict[] = [];
  const run = new Run(check, missing, write);
  let error: unknown;
  try {
    await Promise.race([
      run.go((verdict) => {
        const isFirst = verdict.status === 'failed' && !verdicts.some(hasFailed);
        verdicts.push(verdict);
        for (const line of linesNow(verdict, look, isFirst)) write(line);
      }),
      aborted(stop),
      setTimeout(check.timeout + OVERTIME_MS, undefined, { ref: false }).then(() => {
        throw new KitError('the run took too long, and was ended');
      }),
    ]);
  } catch (caught) {
    error = caught;
  }
  await run.end().catch((caught: unknown) => (error ??= caught));
  const problem = error === undefined ? undefined : messageOf(error);
  for (const [index, stage] of program.stages.entries()) {
    const number = index + 1;
    if (verdicts.some((verdict) => verdict.number === number)) continue;
    if (only.length === 0 || only.includes(number))
      verdicts.push(left(number, stage, check, problem ?? ''));
  }
  for (const line of linesAtTheEnd(verdicts, look)) write(line);
  return { result: { program: name, command, verdicts, points, problem }, error };
}

function hasFailed({ status }: Verdict): boolean {
  return status === 'failed';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const onAbort = () => {
      reject(new KitError(String(signal.reason)));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** One run, and its clean-up. */
class Run {
  readonly #folders: string[] = [];
  #trial: Trial | undefined;

  constructor(
    private readonly check: Check,
    private readonly missing: readonly string[],
    private readonly write: (line: string) => void,
  ) {}

  async go(tell: (verdict: Verdict) => void): Promise<void> {
    const { check } = this;
    const { name, program, command, host, only } = check;
    const isFree = check.port === undefined && command.some((part) => part.includes('{port}'));
    await using reserved = isFree ? await ReservedPort.on(host) : undefined;
    const port = reserved?.port ?? check.port ?? program.port;
    const address = { host, port };
    this.write(
      `${name}: ${command.length > 0 ? command.join(check.pair ? ' and ' : ' ') : formatAddress(address)}\n`,
    );
    const cage = this.#cage();
    for (const lack of check.sandbox ? [...this.missing, ...cage.missing] : [])
      this.write(`  no full sandbox: ${lack}`);
    const cwd = this.#ownFolder(cage);
    const folder = this.#logFolder(cage, cwd);
    const real = (words: readonly string[]) =>
      words.map((part) => part.replaceAll('{port}', String(port)).replaceAll('{log-dir}', folder));
    if (command.length > 0 && port !== ANY_PORT) await mustBeFree(address);
    await using pace = await Pace.begin();
    const { pair, stdin } = check;
    const startOf = (words: readonly string[]) => ({ command: real(words), cwd, stdin, cage });
    const terms = {
      address,
      folder,
      question: check.question,
      framing: check.isByLines ? LINES : BYTES,
      deadline: new Deadline(check.timeout, () => pace.stretch),
      waits: (held: number, seconds: number) => {
        const what = `port ${held} is held by a connection that is closed (TIME_WAIT)`;
        this.write(`  waiting ${seconds} s: ${what}`);
      },
    };
    this.#trial = new Trial({
      ...terms,
      start: command.length > 0 ? startOf(pair?.client ?? command) : undefined,
      isClient: program.isClient === true,
      eyes: this.#eyes(cage, cwd),
      server: pair && new Trial({ ...terms, start: startOf(pair.server), isClient: false }),
    });
    await runStages(program.stages, this.#trial, only, (verdict) => {
      const own = withPlace(verdict, cwd, check.cwd);
      tell(check.isBrief ? withoutCause(own) : own);
    });
    if (!program.isClient) return;
    const held = await endTimeWait(port);
    if (held > 0)
      this.write(
        `  port ${port} is held for ${held} s more (TIME_WAIT): only a server with SO_REUSEADDR can bind it before`,
      );
  }

  /** Ends the program, and removes the folders that were made for it. @throws KitError as Trial.stop does. */
  async end(): Promise<void> {
    this.#trial?.killNow();
    await this.#trial?.stop();
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true });
  }

  #cage(): Cage {
    const { sandbox } = this.check;
    return sandbox ? Cage.sandbox(sandbox.hidden) : Cage.closed();
  }

  /** The folder to start it in: in a sandbox a copy, so that the student's files do not change. */
  #ownFolder({ user }: Cage): string {
    const { cwd, sandbox } = this.check;
    if (!sandbox) return cwd;
    const copy = copyFor(cwd, user);
    this.#folders.push(path.dirname(copy));
    return copy;
  }

  #eyes({ user }: Cage, cwd: string): Eyes | undefined {
    const { isWatched, command, program } = this.check;
    if (!isWatched || command.length === 0) return undefined;
    const folder = temporaryFolder('eyes');
    giveTo(user, folder);
    this.#folders.push(folder);
    return new Eyes(folder, program.isClient === true, cwd);
  }

  /** Where the logging server writes: a fresh folder where COMMAND asks for one. */
  #logFolder({ user }: Cage, cwd: string): string {
    const { logDir, command, sandbox } = this.check;
    if (logDir !== undefined) return path.resolve(cwd, logDir);
    if (!command.some((part) => part.includes('{log-dir}'))) return cwd;
    const folder = mkdtempSync(path.join(tmpdir(), 'lab-kit-'));
    giveTo(user, folder);
    if (sandbox) this.#folders.push(folder);
    else this.write(`The log files are in ${folder}\n`);
    return folder;
  }
}

/** @throws KitError when another program has the port: the kit would check that one. */
async function mustBeFree(address: Address): Promise<void> {
  await using socket = new Socket();
  socket.breakAfter(CONNECT_MS);
  const isTaken = await socket.connect(address).then(
    () => true,
    () => false,
  );
  if (isTaken)
    throw new KitError(
      `another program already listens on ${formatAddress(address)}: stop it first, or leave COMMAND out to check it`,
    );
}

/** Replaces the folder of the copy by the student's own folder in the program's output. */
function withPlace(verdict: Verdict, copy: string, folder: string): Verdict {
  if (copy === folder) return verdict;
  const rename = (_: string, value: unknown) =>
    typeof value === 'string' ? value.replaceAll(copy, folder) : value;
  const { details, printed } = verdict;
  return {
    ...verdict,
    details: details && (JSON.parse(JSON.stringify(details, rename)) as typeof details),
    printed: printed?.replaceAll(copy, folder),
  };
}

/** As shown in an exam: what the kit did and what came, without hints. */
function withoutCause(verdict: Verdict): Verdict {
  if (!verdict.details) return verdict;
  const { did, expected, came } = verdict.details;
  return { ...verdict, details: { did, expected, came }, printed: undefined, ended: undefined };
}
