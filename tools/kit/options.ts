import { existsSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { connectablePort, fromHere, hostName, seconds } from '../../src/cli/options';
import { hasColors } from '../../src/cli/Output';
import { startOfTool } from '../../src/text/startedAs';
import { commandWords } from '../lab/splitWords';
import type { Check } from './checkOne';
import { KitError } from './KitError';
import { type Lab, LABS, type Pair, pairOf } from './pair';
import { readPoints } from './points';
import { type Program, PROGRAMS } from './programs';
import type { Look } from './report';
import { ANY_PORT } from './stage';

/** What the command line says, as commander reads it. */
export interface Options {
  server?: string[];
  client?: string[];
  lab: Lab;
  host: string;
  port?: number;
  cwd: string;
  logDir?: string;
  only: number[];
  stdin?: string;
  lines: boolean;
  question: string;
  points?: string;
  brief: boolean;
  where: boolean;
  sandbox: boolean;
  json?: string;
  junit?: string;
  gradescope?: string;
  vpl?: number;
  each?: string;
  jobs: number;
  reports: string;
  csv?: string;
  html?: string;
  /** s */
  timeout: number;
  color: boolean;
}

const QUESTION = 'What time is it?';
const PAIR = 'pair';
const MOST_JOBS = 64;
/** The command line of `npm run check`. */
export function kitCommand(): Command {
  return new Command(startOfTool('check'))
    .description(
      'Checks a program of the lab, in any language, stage by stage, and says why it fails. Without COMMAND it checks a server that already runs. A client talks with a server of the kit. In COMMAND, {port} and {log-dir} are replaced by the real ones; a program with the fixed port of the slides needs neither.',
    )
    .addArgument(
      new Argument('<program>', 'the kind of program').choices([...Object.keys(PROGRAMS), PAIR]),
    )
    .argument('[command...]', 'after --: how to start it, e.g. -- python3 EchoServer.py')
    .option('--server <command>', 'for a pair: the command of the server', commandWords)
    .option('--client <command>', 'for a pair: the command of the client', commandWords)
    .addOption(
      new Option('--lab <lab>', 'for a pair: which lab they belong to')
        .choices(LABS)
        .default('echo'),
    )
    .option('--host <host>', 'where it listens', hostName, '127.0.0.1')
    .option(
      '--port <port>',
      'the port that it listens on (65432 or 6015), or "any": the port that it opens (Linux only)',
      portOrAny,
    )
    .option('--cwd <folder>', 'the folder to start it in', fromHere, fromHere('.'))
    .option(
      '--log-dir <folder>',
      'where the logging server writes (default: the folder that it is started in, and the folders below); {log-dir} in COMMAND is replaced by it, or by a new folder',
    )
    .option('--only <stages>', 'only these stages: 3,5', stageNumbers, [])
    .option('--question <text>', 'the question for a date server', question, QUESTION)
    .option(
      '--lines',
      'each message is a line: a newline ends each question and each answer',
      false,
    )
    .option('--stdin <text>', 'what to type for it, if it asks; \\n is a new line', lines)
    .option(
      '--points <points>',
      'points for stages, 1=2,7=5, or a file with such lines (default: 1 each)',
    )
    .option('--no-where', 'do not repeat a failed stage to find the line where the program was')
    .option('--brief', 'no causes and no hints, for exams', false)
    .option(
      '--sandbox',
      'run the program in a copy of its folder, with as few rights as this system allows',
      false,
    )
    .option('--json <file>', 'also write the result into this file', fromHere)
    .option('--junit <file>', 'the same for CI systems', fromHere)
    .option('--gradescope <file>', 'the same for Gradescope (results.json)', fromHere)
    .addOption(
      new Option('--vpl [grade]', "print what Moodle's VPL reads, with a grade up to this one")
        .argParser(grade)
        .preset(100),
    )
    .option('--each <folder>', 'check each folder in this one as one submission', fromHere)
    .option('--jobs <number>', 'how many at the same time', jobs, 8)
    .option(
      '--reports <folder>',
      'folder for the reports; reports that exist already are kept',
      fromHere,
      fromHere('reports'),
    )
    .option('--csv <file>', 'the marks of --each as a table (CSV)', fromHere)
    .option('--html <file>', 'the same as a web page, with all reports', fromHere)
    .option('--timeout <s>', 'the longest time for the whole run', seconds, 120)
    .option('--no-color', 'no colours')
    .exitOverride();
}

/** The run that a command line asks for. @throws KitError for options that do not go together. */
export function checkOf(command: Command): Check {
  const [name = '', ...words] = command.args;
  const options = command.opts<Options>();
  const pair = pairIn(name, words, options);
  const start = pair ? [pair.server.join(' '), pair.client.join(' ')] : words;
  const program = pair ? pairOf(options.lab) : PROGRAMS[name];
  if (!program) throw new KitError(`there is no program "${name}"`);
  mustFit(program, name, start, options);
  if (options.each !== undefined) mkdirSync(options.reports, { recursive: true }); // or it could not be hidden
  return {
    name,
    program,
    command: start,
    pair,
    host: options.host,
    port: options.port,
    cwd: options.cwd,
    logDir: options.logDir,
    only: options.only,
    stdin: options.stdin,
    question: options.question,
    isByLines: options.lines,
    timeout: options.timeout * 1000,
    points: readPoints(options.points ?? ''),
    isBrief: options.brief,
    isWatched: options.where && !options.brief,
    sandbox: options.sandbox ? { hidden: hiddenBy(options) } : undefined,
    look: lookOf(options),
  };
}

/** The two commands of a pair; undefined for one program. @throws KitError where they do not fit. */
function pairIn(name: string, words: string[], { server, client }: Options): Pair | undefined {
  if (name !== PAIR) {
    if (server === undefined && client === undefined) return undefined;
    throw new KitError(`--server and --client are for a pair: ${startOfTool('check')} ${PAIR}`);
  }
  if (server === undefined || client === undefined || words.length > 0)
    throw new KitError("a pair needs two commands: --server 'COMMAND' --client 'COMMAND'");
  return { server, client };
}

/** @throws KitError for options that do not go together. */
function mustFit(program: Program, name: string, start: string[], options: Options): void {
  if (program.isClient && start.length === 0)
    throw new KitError(`a client needs its command: ${startOfTool('check')} ${name} -- COMMAND`);
  if (options.port === ANY_PORT) mustBeTold(program, start);
  if (options.sandbox && start.length === 0)
    throw new KitError(
      "a sandbox needs a COMMAND: a program that already runs can't be put into one",
    );
  if (options.sandbox && process.platform !== 'linux') throw new KitError('--sandbox needs Linux');
  const ofOne = options.json ?? options.junit ?? options.gradescope ?? options.vpl;
  if (options.each !== undefined && ofOne !== undefined)
    throw new KitError(
      '--each writes --reports, --csv and --html; the other results are for one program',
    );
  const needsEach = options.csv ?? options.html;
  if (options.each === undefined && needsEach !== undefined)
    throw new KitError('--csv and --html are for --each FOLDER');
  if (options.each !== undefined && start.length === 0)
    throw new KitError('--each needs the COMMAND that is started in each folder');
}

/** @throws KitError when `--port any` can't work: the program must be given its port. */
function mustBeTold({ isClient }: Program, start: readonly string[]): void {
  if (isClient)
    throw new KitError('the kit gives a client its port, so --port any is only for servers');
  if (start.length === 0 || start.some((part) => part.includes('{port}')))
    throw new KitError('--port any needs a COMMAND that chooses its own port');
  if (process.platform !== 'linux') throw new KitError('--port any needs Linux; give the port');
}

/** What a program need not see: where the results go, and what others have handed in. */
function hiddenBy({ json, junit, gradescope, each, csv, html, reports }: Options): string[] {
  const files = [json, junit, gradescope, csv, html].flatMap((file) => file ?? []);
  const ofTheClass = each === undefined ? [] : [each, reports];
  const folders = [...files.map((file) => path.dirname(file)), ...ofTheClass];
  return [...new Set(folders)].filter((folder) => existsSync(folder));
}

function lookOf({ color }: Options): Look {
  const { isTTY, columns } = process.stdout;
  return {
    columns: Math.min(isTTY ? columns : 80, 100),
    hasColor: color && hasColors(process.stdout),
  };
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
  throw new InvalidArgumentError('numbers of stages, separated by commas: 3,5');
}

function grade(text: string): number {
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new InvalidArgumentError('the best grade, a number above 0.');
}

function jobs(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= MOST_JOBS) return number;
  throw new InvalidArgumentError(`a whole number from 1 to ${MOST_JOBS}.`);
}
