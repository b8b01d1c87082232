import { setTimeout } from 'node:timers/promises';
import type { Address } from '../../src/socket/Address';
import { formatAddress } from '../../src/socket/Address';
import { SocketError } from '../../src/socket/SocketError';
import { codeOf } from '../../src/text/errno';
import { lineThatConnects } from './byHand';
import type { Deadline } from './Deadline';
import { type Framing, LINES } from './framing';
import { KitError } from './KitError';
import type { Eyes, Seen } from './Eyes';
import { causeIn } from './knownErrors';
import { onlyOnIPv6 } from './onlyOnIPv6';
import { Probe } from './Probe';
import { type OwnSocket, socketsOf } from './sockets';
import { type Start, Subject } from './Subject';
import { untilFree } from './untilFree';

/** A program may take this long to start, in ms. */
const START_MS = 10_000;
const RETRY_MS = 20;
const CONNECT_MS = 2000;
/** A program that listens somewhere else after this many ms will not listen here; looked at again each time. */
const ELSEWHERE_MS = 1000;
/** The other end of a connection may be gone a moment before its program. */
const ENDING_MS = 50;

/** The port with `--port any`, before the program has opened one. */
export const ANY_PORT = 0;

const COMES_TO_ITS_END =
  'your program comes to its end without an error: does it call the function that starts the server, and does that wait in accept()?';

const NOTHING_SEEN: Seen = { where: undefined, saw: [] };

/** What a stage found out about a program. */
export interface Details {
  readonly did: string;
  readonly expected: string;
  readonly came: string;
  /** The cause: a fact if the kit tried it, otherwise with "probably". */
  readonly likely?: string | undefined;
  /** Where the program was, when the stage was repeated and watched. */
  readonly where?: string | undefined;
  /** Its last calls then. */
  readonly saw?: readonly string[];
  /** A command that shows the same problem. */
  readonly try?: string | undefined;
}

/** A cause, or what to try to find it. */
export type Cause = string | undefined | (() => Promise<string | undefined>);

/** The same before the kit has looked for its cause. */
export interface Found extends Omit<Details, 'likely'> {
  readonly likely?: Cause;
}

/** A problem that a stage has found. */
export class Finding extends Error {
  /** @param verdict `warned` where the slides do not ask for it. */
  constructor(
    readonly found: Found,
    readonly verdict: 'failed' | 'warned' = 'failed',
  ) {
    super(`${found.expected}, but ${found.came}`);
  }

  /** Whether a wait ran out: on a busy machine that may not be the program's fault. */
  get isByTheClock(): boolean {
    return /\btimeout\b| s later$/.test(this.found.came);
  }
}

/** Why a stage was not tried, or not finished. */
export const TIME_IS_UP = 'the time of the run is up';
const NEEDS = 'it needs stage ';

/** One thing that a program must do. */
export interface Stage {
  readonly title: string;
  /** The same where each message is a line (`--lines`); null if it can't be tried then. */
  readonly titleByLines?: string | null;
  /** The slide that asks for it. */
  readonly slide?: string;
  /** The numbers of the stages without which this one can't be tried. */
  readonly needs?: readonly number[];
  /** It starts and ends the program itself, so it can't be tried on one that runs already. */
  readonly startsIt?: true;
  /** It is about the server of a pair, not about its client. */
  readonly isOfServer?: true;
  /** @throws Finding when the stage finds a problem. */
  readonly check: (trial: Trial) => Promise<void>;
}

export type Status = 'passed' | 'failed' | 'warned' | 'not tried';

/** The result of one stage. */
export interface Verdict {
  readonly number: number;
  readonly title: string;
  readonly slide: string | undefined;
  readonly status: Status;
  readonly seconds: number;
  readonly details: Details | undefined;
  /** Why it was not tried. */
  readonly because: string | undefined;
  /** The last lines of what the program printed, and how it ended. */
  readonly printed: string | undefined;
  readonly ended: string | undefined;
}

/** The end of what a program has printed, and how it ended. */
interface ProgramOutput {
  readonly printed: string | undefined;
  readonly ended: string | undefined;
}

function outputOf(subject: Subject | undefined): ProgramOutput {
  return { printed: subject?.printed, ended: subject?.how };
}

/** The settings of a run. */
export interface Terms {
  /** Where the program listens; port 0 means any port that it opens. */
  readonly address: Address;
  /** How to start it; undefined for one that runs already. */
  readonly start: Start | undefined;
  /** The kit has the port, not the program. */
  readonly isClient: boolean;
  /** The server that belongs to this client; undefined where only one program is checked. */
  readonly server?: Trial | undefined;
  /** Where a logging server writes. */
  readonly folder: string;
  /** What a date server is asked. */
  readonly question: string;
  /** How a program tells one message from the next. */
  readonly framing: Framing;
  readonly deadline: Deadline;
  /** What watches it when a stage has failed; undefined with --no-where. */
  readonly eyes?: Eyes | undefined;
  /** Called with a port, and the number of seconds until it is free. */
  readonly waits: (port: number, seconds: number) => void;
}

/** The program under test, in one stage after the other. */
export class Trial {
  #subject: Subject | undefined;
  #starting: Promise<Subject> | undefined;
  #isStopped = false;
  #output: ProgramOutput | undefined;
  #isWatched = false;
  readonly #probes: Probe[] = [];
  #address: Address;

  constructor(private readonly terms: Terms) {
    this.#address = terms.address;
  }

  get start(): Start | undefined {
    return this.terms.start;
  }

  get server(): Trial | undefined {
    return this.terms.server;
  }

  get folder(): string {
    return this.terms.folder;
  }

  get deadline(): Deadline {
    return this.terms.deadline;
  }

  get question(): string {
    return this.terms.question;
  }

  get framing(): Framing {
    return this.terms.framing;
  }

  /** Whether each message is a line (`--lines`). */
  get isByLines(): boolean {
    return this.framing === LINES;
  }

  /** Where it listens, if that is known. */
  get address(): Address {
    return this.#address;
  }

  get subject(): Subject | undefined {
    return this.#subject;
  }

  /**
   * What the program of this stage has printed, and how it ended: the first program, not those of later
   * tries.
   */
  get output(): ProgramOutput {
    return this.#output ?? outputOf(this.#subject);
  }

  /** The cause in the output of this stage's program, if it is a known one. */
  get knownCause(): string | undefined {
    const { printed = '', ended = '' } = this.output;
    if (ended.endsWith('SIGPIPE'))
      return 'a write to a client that is gone ends a program in C (SIGPIPE): ignore it with signal(SIGPIPE, SIG_IGN), or send() with MSG_NOSIGNAL, and check what send() returns';
    if (ended.endsWith('SIGSEGV'))
      return 'it reads or writes memory that is not its own (SIGSEGV): a wrong pointer, or an index beyond an array';
    if (ended !== '' && /^usage: /im.test(printed))
      return 'it prints how to call it: write {port} in the command where it expects the port';
    return causeIn(printed, this.start?.cwd ?? '');
  }

  /** Whether the time was up before the first try was over: an answer might still have come. */
  get isCutShort(): boolean {
    return this.deadline.isOver && this.#output === undefined;
  }

  /** Saves the output of the first program; if it is just ending, it ends first. */
  async testify(): Promise<void> {
    if (!this.#subject || this.#output) return;
    await this.#subject.endedWithin(ENDING_MS);
    this.#output = outputOf(this.#subject);
  }

  /** Cleans up after the previous stage. */
  async begin(): Promise<void> {
    await this.clear();
    this.#output = undefined;
  }

  /** Ends the program if it runs, and starts it again: each stage, and each later try, has a new process. */
  async fresh(): Promise<void> {
    if (!this.start) return;
    this.deadline.limit(0);
    await this.testify();
    await this.clear();
    if (!this.terms.isClient) await this.untilFree();
    await this.restart();
  }

  /** Waits until the port is free for a program without SO_REUSEADDR. */
  untilFree(): Promise<void> {
    return untilFree(this.address.port, this.deadline, this.terms.waits);
  }

  /** Starts the program again, and leaves open connections open. */
  async restart(): Promise<void> {
    if (!this.start) return;
    if (this.#isStopped) throw new KitError('it was stopped');
    const watched = this.#isWatched ? this.terms.eyes?.open(this.start) : undefined;
    this.#starting = Subject.start(watched ?? this.start, this.deadline);
    this.#subject = await this.#starting;
  }

  /** Does this while the program is watched, and returns what was seen at the end. */
  async watched(ask: () => Promise<Finding | undefined>): Promise<[Finding | undefined, Seen]> {
    this.#isWatched = true;
    try {
      const finding = await ask();
      await this.#subject?.endedWithin(ENDING_MS); // it may be just ending
      return [finding, (await this.terms.eyes?.look(this.#subject)) ?? NOTHING_SEEN];
    } finally {
      this.#isWatched = false;
    }
  }

  get canBeWatched(): boolean {
    const { eyes } = this.terms;
    return this.start !== undefined && eyes?.open(this.start) !== undefined;
  }

  /** Ends what runs immediately, without waiting until it has ended. */
  killNow(): void {
    this.#subject?.killNow();
    this.server?.killNow();
  }

  /** Ends the program for good: no new one is started. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#starting?.catch(() => undefined);
    await this.clear();
    await this.server?.stop();
  }

  /**
   * Waits until the program listens, without a connection, because it may serve only one. Works only on
   * Linux.
   * @throws Finding when it does not.
   */
  async listens(): Promise<void> {
    if (process.platform !== 'linux') return;
    for (const begun = performance.now(); ;) {
      const sockets = socketsOf(this.#subject?.pids ?? []);
      const own = sockets.filter(({ state }) => state === 'listening');
      if (own.some((socket) => this.#isHere(socket))) return;
      const waited = performance.now() - begun;
      const hasEnded = this.#subject?.how !== undefined;
      if (hasEnded || waited > this.deadline.limit(START_MS)) throw this.#notListening(waited);
      await setTimeout(RETRY_MS);
    }
  }

  /** Connects as soon as the program listens. */
  async connect(): Promise<Probe> {
    const begun = performance.now();
    for (let look = ELSEWHERE_MS; ;) {
      try {
        if (this.terms.address.port === ANY_PORT) this.#takeItsPort();
        return await this.connectNow();
      } catch (error) {
        const waited = performance.now() - begun;
        const hasEnded = this.#subject?.how !== undefined;
        if (!this.start || codeOf(error) !== 'ECONNREFUSED') throw error;
        if (hasEnded || waited > this.deadline.limit(START_MS)) throw this.#notListening(waited);
        if (waited > look) {
          look += ELSEWHERE_MS;
          const why = this.#whyNotListening() ?? (await this.#onlyOnIPv6());
          if (why !== undefined) throw this.#notListening(waited, why);
        }
        await setTimeout(RETRY_MS);
      }
    }
  }

  /** Connects to a program that must already listen. */
  async connectNow(): Promise<Probe> {
    return this.keep(await Probe.open(this.address, CONNECT_MS, this.deadline));
  }

  /** Opens this many connections at the same time, as soon as the program listens. */
  async connectMany(count: number): Promise<Probe[]> {
    const first = await this.connect();
    const others = Array.from({ length: count - 1 }, () => this.connectNow());
    return [first, ...(await Promise.all(others))];
  }

  /** Also resets this connection during the clean-up. */
  keep(probe: Probe): Probe {
    this.#probes.push(probe);
    return probe;
  }

  /** Resets open connections, and ends the program. */
  async clear(): Promise<void> {
    await Promise.all(this.#probes.splice(0).map((probe) => probe.breakOff()));
    await this.#subject?.end();
    this.#subject = undefined;
  }

  #isHere({ local, port: own }: OwnSocket): boolean {
    const { host } = this.address;
    const port = this.terms.address.port === ANY_PORT ? own : this.address.port;
    return [host, '0.0.0.0', '::'].some((each) => formatAddress({ host: each, port }) === local);
  }

  /** Uses the port that the program listens on. @throws SocketError (refused) when it does not listen yet. */
  #takeItsPort(): void {
    const sockets = socketsOf(this.#subject?.pids ?? []);
    const listening = sockets.find(({ state }) => state === 'listening');
    if (!listening) throw new SocketError('connect', 'ECONNREFUSED', this.#address);
    this.#address = { ...this.#address, port: listening.port };
  }

  /** What the program does instead of listening where it should; undefined while it may still do that. */
  #whyNotListening(): string | undefined {
    const { port } = this.address;
    const sockets = socketsOf(this.#subject?.pids ?? []);
    const listening = sockets.filter(({ state }) => state === 'listening');
    const elsewhere = listening.filter((socket) => !this.#isHere(socket)); // it may listen just now
    if (elsewhere.length > 0)
      return `your program listens on ${listOf(elsewhere)} instead: check the host and the port that it passes to bind()`;
    if (listening.length > 0) return undefined;
    const udp = sockets.find(
      (socket) => socket.protocol === 'udp' && [socket.port, ANY_PORT].includes(port),
    );
    if (udp)
      return `your program has UDP port ${udp.port} (SOCK_DGRAM): this lab's servers use TCP, SOCK_STREAM`;
    // A connection that it has accepted has this port; one that it has asked for has another.
    const asClient = sockets.find(
      (socket) => ['connecting', 'connected'].includes(socket.state) && socket.port !== port,
    );
    if (asClient)
      return `your program is a client: it has called connect() to ${asClient.peer}; a server calls bind(), listen() and accept()`;
    return this.asksForInput;
  }

  /** Linux shows where it listens; elsewhere a connection must be tried, and it may serve only one. */
  async #onlyOnIPv6(): Promise<string | undefined> {
    return process.platform === 'linux' ? undefined : onlyOnIPv6(this.address.port);
  }

  /** Tells that the program waits for the keyboard, if it does. */
  get asksForInput(): string | undefined {
    if (!this.#subject?.isReadingStdin) return undefined;
    return 'your program waits for input from the keyboard: give it some with --stdin TEXT';
  }

  /** The finding that it does not listen where it should. */
  #notListening(waited: number, likely = this.#whyNotListening()): Finding {
    const isKnown = this.address.port !== ANY_PORT;
    const where = isKnown
      ? `tried to connect to ${formatAddress(this.address)}`
      : 'waited for a port';
    const refused = isKnown ? 'connection refused' : 'it opened none';
    const how = this.#subject?.how;
    const { printed = '' } = this.output;
    const isClient = how !== undefined && /connection refused|ECONNREFUSED/i.test(printed);
    return new Finding({
      did: `started your program, and ${where} for ${(waited / 1000).toFixed(1)} s`,
      expected: isKnown ? 'the connection to be accepted' : 'your program to open a TCP port',
      came: how === undefined ? refused : `${refused}: your program ${how}`,
      likely: isClient
        ? 'your program is a client: its connect() is refused; a server calls bind(), listen() and accept()'
        : (likely ?? (this.#subject?.exitCode === 0 ? COMES_TO_ITS_END : undefined)),
      ...(isKnown && { try: lineThatConnects(this.address) }),
    });
  }
}

function listOf(sockets: readonly OwnSocket[]): string {
  return sockets.map(({ local }) => local).join(', ');
}

/** Runs the stages in order; reports each verdict immediately. */
export async function runStages(
  stages: readonly Stage[],
  trial: Trial,
  only: readonly number[],
  tell: (verdict: Verdict) => void,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const [index, stage] of stages.entries()) {
    const number = index + 1;
    if (only.length > 0 && !only.includes(number)) continue;
    const because = whyNot(stage, verdicts, trial);
    const own = stage.isOfServer ? (trial.server ?? trial) : trial;
    const isFirst = !verdicts.some(({ status }) => status === 'failed');
    const verdict =
      because === undefined
        ? await withWhere(await runStage(number, stage, own), stage, own, isFirst)
        : left(number, stage, trial, because);
    verdicts.push(verdict);
    tell(verdict);
    await own.clear();
  }
  return verdicts;
}

/** Why a stage can't be tried; undefined when it can. */
function whyNot(stage: Stage, verdicts: readonly Verdict[], trial: Trial): string | undefined {
  const failed = verdicts.find(
    ({ number, status }) =>
      stage.needs?.includes(number) && (status === 'failed' || status === 'not tried'),
  );
  if (failed) {
    const { because } = failed;
    return because?.startsWith(NEEDS) ? because : `${NEEDS}${failed.number}`; // the first of them all
  }
  if (trial.isByLines && stage.titleByLines === null)
    return 'with --lines there is nothing to ask here';
  if (stage.startsIt && !trial.start)
    return "it starts and ends the program, so it needs the program's command";
  return trial.deadline.isOver ? TIME_IS_UP : undefined;
}

/** The verdict of a stage that was left out. */
export function left(
  number: number,
  stage: Stage,
  { isByLines }: { readonly isByLines: boolean },
  because: string,
): Verdict {
  const nothing = { seconds: 0, details: undefined, printed: undefined, ended: undefined };
  const title = titleOf(stage, isByLines);
  return { number, title, slide: stage.slide, status: 'not tried', because, ...nothing };
}

async function runStage(number: number, stage: Stage, trial: Trial): Promise<Verdict> {
  const begun = performance.now();
  try {
    const finding = await tryTwice(stage, trial);
    if (!finding) return verdictOf(number, stage, trial, 'passed', begun);
    const details = { ...finding.found, likely: await causeOf(finding, trial) };
    return verdictOf(number, stage, trial, finding.verdict, begun, details);
  } catch (error) {
    if (trial.isCutShort) return left(number, stage, trial, TIME_IS_UP);
    throw error;
  }
}

/** Adds the line where the program was, if it is the first stage that fails or has a remark. */
async function withWhere(
  verdict: Verdict,
  stage: Stage,
  trial: Trial,
  isFirst: boolean,
): Promise<Verdict> {
  const { details } = verdict;
  if (!details || !isFirst || !trial.canBeWatched) return verdict;
  try {
    const [finding, { where, saw, cause }] = await trial.watched(() => tryStage(stage, trial));
    if (finding && kindOf(finding.found.came) === kindOf(details.came)) {
      const likely = details.likely ?? (isSilent(details) ? cause : undefined);
      return { ...verdict, details: { ...details, likely, where, saw } };
    }
    const came = finding?.found.came ?? 'the stage passed';
    return {
      ...verdict,
      details: { ...details, where: `while the kit watched it, the result was different: ${came}` },
    };
  } catch {
    return verdict; // the time is up
  }
}

function isSilent({ came }: Details): boolean {
  return came.startsWith('nothing');
}

/** What came, without the parts that differ each time. */
function kindOf(came: string): string {
  if (came.includes('^ byte')) return 'other bytes';
  return came.replace(/\d+/g, '0').replace(/\breset\b/, 'end of file');
}

/** A stage that failed because time ran out is repeated once before it counts. */
async function tryTwice(stage: Stage, trial: Trial): Promise<Finding | undefined> {
  const first = await tryStage(stage, trial);
  if (!first?.isByTheClock) return first;
  try {
    return await tryStage(stage, trial);
  } catch (error) {
    if (trial.deadline.isOver) return first;
    throw error;
  }
}

/** The problem that the stage finds; undefined if it passes. */
async function tryStage(stage: Stage, trial: Trial): Promise<Finding | undefined> {
  await trial.begin();
  try {
    if (!stage.startsIt) await trial.fresh();
    await stage.check(trial);
    return undefined;
  } catch (error) {
    const finding = trial.isCutShort ? undefined : findingOf(error, trial);
    if (finding) return finding;
    throw error;
  }
}

/** A cause that the kit tried counts most, then the program's own output. */
async function causeOf({ found }: Finding, trial: Trial): Promise<string | undefined> {
  await trial.testify();
  const cause = await tryOut(found.likely);
  const isTried = cause !== undefined && !cause.startsWith('probably ');
  return isTried ? cause : (trial.knownCause ?? cause);
}

async function tryOut(likely: Cause): Promise<string | undefined> {
  if (typeof likely !== 'function') return likely;
  try {
    return await likely();
  } catch {
    return undefined; // the program does not even start any more, or the time is up
  }
}

/** A connection that failed is a finding of the stage that opened it. */
export function findingOf(error: unknown, trial: Trial): Finding | undefined {
  if (error instanceof Finding) return error;
  const code = codeOf(error);
  if (code === undefined) return undefined;
  const refused = code === 'ECONNREFUSED';
  return new Finding({
    did: `connected to ${formatAddress(trial.address)}`,
    expected: 'the connection to be accepted',
    came: refused ? 'connection refused: no program listens there' : (error as Error).message,
  });
}

function verdictOf(
  number: number,
  stage: Stage,
  trial: Trial,
  status: Status,
  begun: number,
  details?: Details,
): Verdict {
  return {
    number,
    title: titleOf(stage, trial.isByLines),
    slide: stage.slide,
    status,
    seconds: (performance.now() - begun) / 1000,
    details,
    because: undefined,
    ...trial.output,
  };
}

function titleOf({ title, titleByLines }: Stage, isByLines: boolean): string {
  return isByLines ? (titleByLines ?? title) : title;
}
