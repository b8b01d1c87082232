/** `npm run check`: a student's own program, stage by stage. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Argument, Command, CommanderError, InvalidArgumentError } from 'commander';
import { connectablePort, fromHere, hostName, seconds } from '../../src/cli/options';
import { hasColors, out } from '../../src/cli/Output';
import { complain, say } from '../../src/cli/complain';
import { formatAddress } from '../../src/socket/Address';
import { Socket } from '../../src/socket/Socket';
import { endWithReader } from '../lab/endWithReader';
import { Deadline } from './Deadline';
import { BYTES, LINES } from './framing';
import { KitError } from './KitError';
import { Pace } from './Pace';
import {
  hasPassed,
  linesAtTheEnd,
  linesNow,
  type Look,
  toGradescope,
  toJson,
  toJunit,
} from './report';
import { PROGRAMS } from './programs';
import { ReservedPort } from './ReservedPort';
import { Trial, runStages } from './stage';

interface Options {
  host: string;
  port?: number;
  cwd: string;
  logDir?: string;
  only: number[];
  stdin?: string;
  lines: boolean;
  question: string;
  json?: string;
  junit?: string;
  gradescope?: string;
  /** s */
  timeout: number;
  color: boolean;
}

const CONNECT_MS = 500;
const QUESTION = 'What time is it?';
/** Whichever port the program opens. */
const ANY_PORT = 0;

const command = new Command('npm run check --')
  .description(
    'Checks a program of the lab, in any language, stage by stage, and says why it fails. Without COMMAND a server that runs already is checked; a client meets a server of ours. In COMMAND, {port} and {log-dir} stand for the real ones; a program with the fixed port of the slides needs neither.',
  )
  .addArgument(new Argument('<program>', 'what it is').choices(Object.keys(PROGRAMS)))
  .argument('[command...]', 'after --: how to start it, e.g. -- python3 EchoServer.py')
  .option('--host <host>', 'where it listens', hostName, '127.0.0.1')
  .option(
    '--port <port>',
    'the port that it listens on (65432 or 6015), or "any": the one that it opens, as Linux tells it',
    portOrAny,
  )
  .option('--cwd <folder>', 'where it is started', fromHere, fromHere('.'))
  .option(
    '--log-dir <folder>',
    'where the logging server writes (the folder it is started in, and those below); {log-dir} in COMMAND stands for it, or for a fresh one',
  )
  .option('--only <stages>', 'only these stages: 3,5', stageNumbers, [])
  .option('--question <text>', 'what a date server is asked', question, QUESTION)
  .option(
    '--lines',
    'each message is a line: a newline behind each, and at the end of each answer',
    false,
  )
  .option('--stdin <text>', 'what is typed for it, if it asks; \\n begins a new line', lines)
  .option('--json <file>', 'write the result there, too', fromHere)
  .option('--junit <file>', 'the same for CI systems', fromHere)
  .option('--gradescope <file>', 'the same for Gradescope (results.json)', fromHere)
  .option('--timeout <s>', 'the whole run takes no longer', seconds, 120)
  .option('--no-color', 'no colours')
  .exitOverride();

async function main(): Promise<void> {
  command.parse();
  const [name = '', ...start] = command.args;
  const options = command.opts<Options>();
  const program = PROGRAMS[name];
  if (!program) throw new KitError(`there is no program "${name}"`);

  if (program.isClient && start.length === 0)
    throw new KitError(`a client needs its command: npm run check -- ${name} -- COMMAND`);
  if (options.port === ANY_PORT) mustBeTold(program, start);
  const isFree = options.port === undefined && start.some((part) => part.includes('{port}'));
  await using reserved = isFree ? await ReservedPort.on(options.host) : undefined;
  const port = reserved?.port ?? options.port ?? program.port;
  const address = { host: options.host, port };
  const folder = logFolderFor(start, options);
  const real = start.map((part) =>
    part.replaceAll('{port}', String(port)).replaceAll('{log-dir}', folder),
  );
  if (start.length > 0 && port !== ANY_PORT) await mustBeFree(address);
  await using pace = await Pace.begin();
  const trial = new Trial({
    address,
    start: start.length > 0 ? { command: real, cwd: options.cwd, stdin: options.stdin } : undefined,
    isClient: program.isClient === true,
    folder,
    question: options.question,
    framing: options.lines ? LINES : BYTES,
    deadline: new Deadline(options.timeout * 1000, () => pace.stretch),
    waits: (seconds) => {
      const what = `port ${port} is held by a connection that is closed (TIME_WAIT)`;
      out.write(`  waiting ${seconds} s: ${what}\n`);
    },
  });
  const stop = endOnSignals(trial);
  const look = lookOf(options);
  try {
    out.write(`${name}: ${start.length > 0 ? start.join(' ') : formatAddress(address)}\n\n`);
    let hasFailed = false;
    const verdicts = await runStages(program.stages, trial, options.only, (verdict) => {
      const isFirst = !hasFailed && verdict.status === 'failed';
      hasFailed ||= isFirst;
      for (const line of linesNow(verdict, look, isFirst)) out.write(`${line}\n`);
    });
    for (const line of linesAtTheEnd(verdicts, look)) out.write(`${line}\n`);
    const result = { program: name, command: start, verdicts };
    if (options.json !== undefined) writeFileSync(options.json, toJson(result));
    if (options.junit !== undefined) writeFileSync(options.junit, toJunit(result));
    if (options.gradescope !== undefined) writeFileSync(options.gradescope, toGradescope(result));
    process.exitCode = hasPassed(verdicts) ? 0 : 1;
  } finally {
    await trial.clear();
    stop();
  }
}

/** @throws KitError where nobody tells the kit which port a program has. */
function mustBeTold({ isClient }: (typeof PROGRAMS)[string], start: readonly string[]): void {
  if (isClient) throw new KitError('a client is told its port, so --port any is for servers');
  if (start.length === 0 || start.some((part) => part.includes('{port}')))
    throw new KitError('--port any is for a COMMAND that chooses its port itself');
  if (process.platform !== 'linux') throw new KitError('--port any needs Linux: name the port');
}

/** Where the logging server writes: a fresh folder where COMMAND asks for one. */
function logFolderFor(start: string[], { logDir, cwd }: Options): string {
  if (logDir !== undefined) return path.resolve(cwd, logDir);
  if (!start.some((part) => part.includes('{log-dir}'))) return cwd;
  const folder = mkdtempSync(path.join(tmpdir(), 'lab-kit-'));
  out.write(`The log files are in ${folder}\n`);
  return folder;
}

/** @throws KitError when somebody else has the port: it would be checked instead. */
async function mustBeFree(address: { host: string; port: number }): Promise<void> {
  await using socket = new Socket();
  socket.breakAfter(CONNECT_MS);
  const isTaken = await socket.connect(address).then(
    () => true,
    () => false,
  );
  if (isTaken)
    throw new KitError(
      `${formatAddress(address)} is already taken by another program: stop that first, or leave COMMAND out to check it`,
    );
}

function lookOf({ color }: Options): Look {
  const { isTTY, columns } = process.stdout;
  return {
    columns: Math.min(isTTY ? columns : 80, 100),
    hasColor: color && hasColors(process.stdout),
  };
}

/** Nothing of the student's stays behind when the kit is stopped. */
function endOnSignals(trial: Trial): () => void {
  const onSignal = () => {
    void trial.clear().then(() => process.exit(2));
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return () => process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}

function portOrAny(text: string): number {
  return text === 'any' ? ANY_PORT : connectablePort(text);
}

function question(text: string): string {
  if (text !== '' && !/[\r\n]/.test(text)) return text;
  throw new InvalidArgumentError('one line, which is not empty.');
}

function lines(text: string): string {
  return text.replaceAll('\\n', '\n');
}

function stageNumbers(text: string): number[] {
  const numbers = text.split(',').map(Number);
  if (numbers.every((number) => Number.isInteger(number) && number > 0)) return numbers;
  throw new InvalidArgumentError('numbers of stages, with commas between: 3,5');
}

endWithReader();
main().catch((error: unknown) => {
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
  if (error instanceof KitError) say(`npm run check: ${error.message}`);
  else if (!(error instanceof CommanderError)) complain('npm run check', error);
});
