/** `npm run bench`: the project's servers and bare ones, side by side in one run. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import * as path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { timeToDraw } from './drawing';
import type { Order } from './load';
import { endWithReader } from '../lab/endWithReader';
import { ROOT } from '../lab/LabProgram';
import { LoadProcess, ServerProcess } from './processes';

interface Options {
  only: string;
  rounds: number;
  seconds: number;
  json?: string;
}

/** One figure of one contender, over all rounds. */
interface Row {
  readonly case: string;
  readonly contender: string;
  readonly figure: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Ours to bare, round by round: above 1 ours is better. */
  ratios?: number[];
  /** The median of these must be at least this. */
  floor?: number | undefined;
}

type Contenders = Record<string, readonly string[]>;
type Figures = Record<string, number>;

interface Case {
  readonly name: string;
  /** The first is ours, the second the bare one that it is compared with. */
  readonly contenders: () => Contenders;
  readonly measure: (
    server: ServerProcess,
    load: LoadProcess,
    options: Options,
  ) => Promise<Figures>;
  /** The figures that ours is judged by, and whether less or more of it is better. */
  readonly judged: Record<string, 'less' | 'more'>;
  /** Ours to bare, in the first of these: less is a defect (docs/performance.md). */
  readonly floor?: number;
  /** A new process for each round, since it is its memory that counts. */
  readonly isFresh?: true;
  /** The server may use all cores: files are written by threads. */
  readonly cores?: 'all';
}

const NODE = process.execPath;
const PYTHON = spawnSync('python3', ['--version']).status === 0;
const BARE = path.join(__dirname, 'bare.js');

const THREADS: Contenders = PYTHON
  ? { 'Python, threads': ['python3', 'tools/bench/threads.py'] }
  : {};

/** Built when it is first needed, where there is a compiler. */
function goEcho(): Contenders {
  const program = path.join(ROOT, 'build/tools/bench/echo');
  const built = spawnSync('go', ['build', '-o', program, 'tools/bench/echo.go'], { cwd: ROOT });
  return built.status === 0 ? { Go: [program] } : {};
}

const ours = (name: string, ...args: string[]) => [
  NODE,
  `build/src/${name}.js`,
  '--port',
  '0',
  '--quiet',
  ...args,
];
const bare = (kind: string, ...args: string[]) => [NODE, BARE, kind, ...args];

const folders: string[] = [];
function newFolder(parent: string): string {
  const folder = mkdtempSync(path.join(parent, 'lab3-bench-'));
  folders.push(folder);
  return folder;
}

const CPU = 'CPU µs a request';
const BY_REQUEST = { [CPU]: 'less', 'a second': 'more' } as const;
const PROGRESS_MS = 5000;
const ROUNDS_AGAIN = 3;

async function load(
  server: ServerProcess,
  process: LoadProcess,
  { seconds }: Options,
  order: Pick<Order, 'kind'> & Partial<Order>,
): Promise<Figures> {
  const { count, p50, p99, took, cpu } = await process.run(server, {
    duration: seconds * 1000,
    ...order,
  });
  return { [CPU]: cpu / count, 'a second': (count / took) * 1000, 'p50 ms': p50, 'p99 ms': p99 };
}

function echoCase(connections: number): Case {
  const contenders = () => ({
    ours: ours('EchoServer'),
    "bare on('data')": bare('data'),
    'bare pipe': bare('pipe'),
    ...(PYTHON ? { 'Python, asyncio': ['python3', 'tools/bench/asyncio_echo.py'] } : {}),
    ...(connections <= 1000 ? THREADS : {}),
  });
  return {
    name: `echo, ${connections} connections`,
    contenders,
    measure: (server, process, options) =>
      load(server, process, options, { kind: 'pingpong', connections, isEcho: true }),
    judged: BY_REQUEST,
    floor: 0.8,
  };
}

function loggingCase(name: string, parent: string, floor?: number): Case {
  return {
    ...(floor !== undefined && { floor }),
    name,
    contenders: () => ({
      ours: ours('LoggingDateServer', '--log-dir', newFolder(parent)),
      'bare writeFile wx': bare('logging', newFolder(parent)),
    }),
    measure: (server, process, options) =>
      load(server, process, options, { kind: 'pingpong', connections: 64 }),
    judged: BY_REQUEST,
    cores: 'all',
  };
}

/** The cost of watchable calls, without a watcher. */
function seamCase(connections: number): Case {
  const echo = ours('EchoServer');
  const [node = '', ...program] = echo;
  return {
    name: `trace off, echo, ${connections} connections`,
    contenders: () => ({
      'with the seam': echo,
      'without it': [node, '-r', './build/tools/bench/withoutSeam.js', ...program],
    }),
    measure: (server, process, options) =>
      load(server, process, options, { kind: 'pingpong', connections, isEcho: true }),
    judged: BY_REQUEST,
  };
}

/** Two processes on two cores, compared with one, and with other servers that use both; the load uses the same cores. */
function workersCase(
  name: string,
  program: string,
  order: Partial<Order> & Pick<Order, 'kind'>,
): Case {
  const others = order.isEcho === true ? { ...goEcho(), ...THREADS } : {};
  return {
    name: `workers, ${name}`,
    contenders: () => ({
      '2 workers': ours(program, '--workers', '2'),
      '1 process': ours(program),
      ...others,
    }),
    measure: (server, process, options) =>
      load(server, process, options, { ...order, sleeps: true }),
    judged: BY_REQUEST,
    cores: 'all',
  };
}

/** A server behind nginx, or with a log in Redis, compared with one that writes files; the load uses the same cores. */
function scalingCases(): Case[] {
  const has = (command: string) => spawnSync('which', [command]).status === 0;
  const composed = (...args: string[]) => [NODE, 'build/tools/bench/composed.js', ...args];
  const shared = { judged: BY_REQUEST, cores: 'all' } as const;
  const nginx = (name: string, order: Pick<Order, 'kind'>): Case => ({
    ...shared,
    name: `scaling, ${name}`,
    contenders: () => ({
      'nginx, 2 servers': composed('nginx', newFolder(tmpdir())),
      '1 process': ours('DateServer'),
    }),
    measure: (server, process, options) =>
      load(server, process, options, { ...order, connections: 64, sleeps: true }),
  });
  const redis: Case = {
    ...shared,
    name: 'scaling, logging, 64',
    contenders: () => ({
      'Redis, always': composed('redis', newFolder(tmpdir()), ...ALWAYS),
      files: ours('LoggingDateServer', '--log-dir', newFolder(tmpdir())),
      'Redis, memory': composed('redis', newFolder(tmpdir()), '--appendonly', 'no'),
    }),
    measure: (server, process, options) =>
      load(server, process, options, { kind: 'pingpong', connections: 64, sleeps: true }),
  };
  return [
    ...(has('nginx') ? [nginx('date, 64 connections', { kind: 'pingpong' })] : []),
    ...(has('nginx') ? [nginx('date, a connection each, 64', { kind: 'connect' })] : []),
    ...(has('redis-server') ? [redis] : []),
  ];
}

const ALWAYS = ['--appendonly', 'yes', '--appendfsync', 'always'];
const DRAWN = 20_000;
const DRAWING = `drawing, ${DRAWN} sends before the first recv`;
const IDLE = 5000;
const BULK = 256; // MiB

const CASES: Case[] = [
  ...[1, 64, 1000, 4000].map(echoCase),
  ...[1, 64].map(seamCase),
  {
    name: `bulk echo, ${BULK} MiB`,
    contenders: () => ({
      ours: ours('EchoServer'),
      "bare on('data')": bare('data'),
      'bare pipe': bare('pipe'),
    }),
    measure: async (server, process) => {
      const { count, took, cpu } = await process.run(server, { kind: 'bulk', size: BULK });
      return { 'MB/s': (count * 1.048576 * 1000) / took, 'CPU µs a MiB': cpu / count };
    },
    judged: { 'MB/s': 'more', 'CPU µs a MiB': 'less' },
    floor: 0.7,
    isFresh: true, // otherwise glibc returns memory to the system at different moments for each server
  },
  {
    name: 'date, 64 connections',
    contenders: () => ({ ours: ours('DateServer'), bare: bare('date') }),
    measure: (server, process, options) =>
      load(server, process, options, { kind: 'pingpong', connections: 64 }),
    floor: 0.8,
    judged: BY_REQUEST,
  },
  {
    name: 'date, 16 questions in flight',
    contenders: () => ({ ours: ours('DateServer'), bare: bare('date') }),
    measure: (server, process, options) =>
      load(server, process, options, { kind: 'pingpong', connections: 64, inFlight: 16 }),
    floor: 1.5,
    judged: BY_REQUEST,
  },
  {
    name: 'date, a burst of 4000 connections',
    contenders: () => ({ ours: ours('DateServer'), bare: bare('date') }),
    measure: async (server, process) => {
      const { took } = await process.run(server, { kind: 'burst', connections: 4000 });
      return { 'ms until all are answered': took };
    },
    floor: 0.65,
    judged: { 'ms until all are answered': 'less' },
  },
  {
    name: 'date, a connection each, 64',
    contenders: () => ({ ours: ours('DateServer'), bare: bare('date') }),
    measure: (server, process, options) =>
      load(server, process, options, { kind: 'connect', connections: 64 }),
    floor: 0.6,
    judged: BY_REQUEST,
  },
  workersCase('echo, 64 connections', 'EchoServer', {
    kind: 'pingpong',
    connections: 64,
    isEcho: true,
  }),
  workersCase('date, 64 connections', 'DateServer', { kind: 'pingpong', connections: 64 }),
  workersCase('date at 1 ms of CPU each, 64', '../tools/bench/BusyDateServer', {
    kind: 'pingpong',
    connections: 64,
  }),
  workersCase('date, a connection each, 64', 'DateServer', { kind: 'connect', connections: 64 }),
  ...scalingCases(),
  ...(existsSync('/dev/shm') ? [loggingCase('logging, 64, memory disk', '/dev/shm', 0.75)] : []),
  loggingCase('logging, 64, disk', tmpdir()),
  {
    name: `memory of ${IDLE} idle connections`,
    contenders: () => ({ ours: ours('EchoServer'), "bare on('data')": bare('data') }),
    measure: async (server, process) => {
      // The first ones may live in memory that a fresh process has free.
      await process.run(server, { kind: 'hold', connections: IDLE });
      const before = server.memory();
      await process.run(server, { kind: 'hold', connections: IDLE });
      const each = ((server.memory() - before) * 1024) / IDLE;
      await process.run(server, { kind: 'close' });
      return { 'KiB each': each };
    },
    floor: 0.45,
    judged: { 'KiB each': 'less' },
    isFresh: true,
  },
  {
    name: 'growth with 20 clients that never read',
    contenders: () => ({ ours: ours('EchoServer'), "bare on('data')": bare('data') }),
    measure: async (server, process) => {
      const growth = async () => {
        const before = server.memory();
        await process.run(server, { kind: 'greedy', connections: 20, duration: 2000 });
        const grown = server.memory() - before;
        await process.run(server, { kind: 'close' });
        return grown;
      };
      return { 'MiB, fresh': await growth(), 'MiB, again': await growth() };
    },
    floor: 5,
    judged: { 'MiB, fresh': 'less', 'MiB, again': 'less' },
    isFresh: true,
  },
];

async function main(): Promise<void> {
  const options = readOptions();
  const { model } = cpus()[0] ?? { model: 'an unknown processor' };
  const cases = CASES.filter(({ name }) => name.includes(options.only));
  const hasDrawing = DRAWING.includes(options.only);
  if (cases.length === 0 && !hasDrawing) {
    console.error(`No case has "${options.only}" in its name. There are:`);
    for (const name of [...CASES.map((contest) => contest.name), DRAWING])
      console.error(`  ${name}`);
    process.exitCode = 2;
    return;
  }
  console.log(`Node ${process.version}, ${cpus().length} x ${model}, ${options.rounds} rounds.`);
  console.log('Medians, with the least and the most. "ours to bare" above 1: ours is better.\n');
  const rows: Row[] = [];
  try {
    for (const contest of cases) rows.push(...(await judge(contest, options)));
    rows.push(...scaling(rows));
    if (hasDrawing) rows.push(...show(drawing(options)));
  } finally {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  }
  const machine = { node: process.version, cpu: model, cores: cpus().length };
  if (options.json !== undefined) {
    writeFileSync(options.json, JSON.stringify({ machine, rows }, undefined, 2));
  }
}

/** A case below its floor is measured once more and longer: a few rounds say little on a busy machine. */
async function judge(contest: Case, options: Options): Promise<Row[]> {
  const rows = show(await run(contest, options));
  if (!rows.some(isBelow)) return rows;
  console.log(`Below its floor: ${ROUNDS_AGAIN} times as many rounds decide.\n`);
  const again = show(await run(contest, { ...options, rounds: options.rounds * ROUNDS_AGAIN }));
  if (again.some(isBelow)) process.exitCode = 1;
  return again;
}

function isBelow({ ratios, floor = 0 }: Row): boolean {
  return ratios !== undefined && spread(ratios).median < floor;
}

/** Round after round, in each the contenders one after the other: A B A B. */
async function run(contest: Case, options: Options): Promise<Row[]> {
  const load = new LoadProcess();
  const contenders = Object.entries(contest.contenders());
  const servers = new Map<string, ServerProcess>();
  const rounds = contenders.map((): Figures[] => []);
  try {
    const tell = progress(contest.name, options.rounds);
    for (let round = 0; round < options.rounds; round++) {
      tell(round);
      for (const [index, [name, command]] of contenders.entries()) {
        const server = servers.get(name) ?? (await ServerProcess.start(command, contest.cores));
        servers.set(name, server);
        rounds[index]?.push(await contest.measure(server, load, options));
        if (!contest.isFresh) continue;
        servers.delete(name);
        await server.stop();
      }
    }
  } finally {
    load.stop();
    for (const server of servers.values()) await server.stop();
  }
  return summarize(
    contest,
    contenders.map(([name]) => name),
    rounds,
  );
}

/** Says on stderr which case is measured, and how far it has come. */
function progress(name: string, rounds: number): (round: number) => void {
  let said = performance.now();
  console.error(`${name} ...`);
  return (round) => {
    if (performance.now() - said < PROGRESS_MS) return;
    said = performance.now();
    console.error(`  ${round} of ${rounds} rounds`);
  };
}

function summarize(
  { name, judged, floor }: Pick<Case, 'name' | 'judged' | 'floor'>,
  contenders: string[],
  rounds: Figures[][],
): Row[] {
  return contenders.flatMap((contender, index) =>
    Object.keys(rounds[index]?.[0] ?? {}).map((figure) => {
      const values = (rounds[index] ?? []).map((figures) => figures[figure] ?? NaN);
      const row: Row = { case: name, contender, figure, ...spread(values) };
      const better = judged[figure];
      if (index > 0 || !better) return row;
      const others = (rounds[1] ?? []).map((figures) => figures[figure] ?? NaN);
      row.floor = figure === Object.keys(judged)[0] ? floor : undefined;
      row.ratios = values.map((value, round) =>
        better === 'less' ? (others[round] ?? NaN) / value : value / (others[round] ?? NaN),
      );
      return row;
    }),
  );
}

/** The cost of a request with many open connections, compared with few: ours to bare. */
function scaling(rows: Row[]): Row[] {
  const [few, many] = [64, 4000].map((connections) => {
    const name = echoCase(connections).name;
    return rows.filter((row) => row.case === name && row.figure === CPU).slice(0, 2);
  });
  if (!few?.[0] || !few[1] || !many?.[0] || !many[1]) return [];
  const cost = { ours: many[0].median / few[0].median, bare: many[1].median / few[1].median };
  return show([
    {
      case: 'echo, 4000 connections against 64',
      contender: 'ours to bare',
      figure: 'CPU of a request',
      ...spread([cost.ours / cost.bare]),
    },
  ]);
}

/** Of the trace: it must not take more than twice as long for twice as many. */
function drawing({ rounds }: Options): Row[] {
  const times = (sends: number) => spread(Array.from({ length: rounds }, () => timeToDraw(sends)));
  return [DRAWN, 2 * DRAWN].map((sends) => ({
    case: DRAWING,
    contender: `${sends} sends`,
    figure: 'ms',
    ...times(sends),
  }));
}

function spread(values: number[]): { median: number; min: number; max: number } {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const at = (index: number) => sorted[index] ?? NaN;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
}

function show(rows: Row[]): Row[] {
  console.log(rows[0]?.case);
  for (const { contender, figure, median, min, max, ratios, floor = 0 } of rows) {
    if (Number.isNaN(median)) continue;
    const figures = `${digits(median)} (${digits(min)} to ${digits(max)})`;
    console.log(`  ${contender.padEnd(18)} ${figure.padEnd(17)} ${figures}`);
    if (!ratios) continue;
    const { median: middle, min: least, max: most } = spread(ratios);
    const range = `(${least.toFixed(2)} to ${most.toFixed(2)})`;
    const below = middle < floor ? `  BELOW ITS FLOOR OF ${floor}` : '';
    console.log(`    ours to bare     ${middle.toFixed(2)} ${range}${below}`);
  }
  console.log();
  return rows;
}

function digits(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : value.toPrecision(3);
}

function readOptions(): Options {
  return new Command('npm run bench --')
    .option('--only <text>', 'only the cases with this text in their name', '')
    .option('--rounds <n>', 'rounds of each case', positive, 9)
    .option('--seconds <s>', 'how long one contender is measured in one round', positive, 0.25)
    .option('--json <file>', 'write all figures there, too')
    .parse()
    .opts();
}

function positive(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1000) return value;
  throw new InvalidArgumentError('a number above 0, at most 1000.');
}

endWithReader();
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
