/**
 * `npm run soak -- --minutes N`: good, slow, greedy, broken and hostile clients against the three
 * servers, a server of two workers, and one that logs into Redis (where that is installed), at the same
 * time, on this machine only, while the servers are stopped for a moment now and then; at the end a table.
 * Exit code 1 if an answer was wrong or lost, or others had to wait too long.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { isRfc3339 } from '../../src/text/rfc3339';
import { endWithReader } from '../lab/endWithReader';
import { withChildren } from '../lab/procfs';
import { temporaryFolder } from '../lab/temporaryFolder';
import { BareClient } from '../../test/helpers/BareClient';
import { cleanUp } from '../../test/helpers/cleanUp';
import { hasCommand } from '../../test/helpers/itOnLinux';
import { loggedRequests, requestIn } from '../../test/helpers/logLines';
import { Program } from '../../test/helpers/Program';
import { Redis } from '../../test/helpers/Redis';
import { residentMemory } from '../../test/helpers/residentMemory';

/** The number of clients of each kind at the same time. */
const TOGETHER = 3;
/** Milliseconds between two conversations of a client. */
const PAUSE_MS = 20;
/** The same where each may become many log files, or where several processes share the two cores. */
const RARE_PAUSE_MS = 1000;
const PROGRESS_MS = 10_000;
/** How often a server is stopped (SIGSTOP), and how long. */
const HOLD_UP_EVERY_MS = 5000;
const HOLD_UP_MS = 200;
/** No client may wait longer for an answer (ms), except once a minute. */
const LONGEST_WAIT_MS = 250;
/** In a shorter run (minutes) the slope of the memory means nothing. */
const MINUTES_FOR_A_SLOPE = 5;
/** Silence that ends a request, with a little left for this program's own delays. */
const SILENCE_MS = 90;

interface Server {
  readonly name: string;
  readonly program: Program;
  readonly port: number;
  readonly samples: { minute: number; memory: number; handles: number }[];
  /** Milliseconds that the slowest answer to a neighbour took, for each second. */
  readonly waits: number[];
}

const counts = { answered: 0, wrong: 0, broken: 0 };
let serial = 0;

function expectThat(isRight: boolean): void {
  if (isRight) counts.answered += 1;
  else counts.wrong += 1;
}

// Each kind has one conversation; whatever it opens, it closes.

async function goodEcho(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  const message = randomBytes(randomInt(1, 100_000));
  const echo = await client.send(message).end().all();
  expectThat(echo.equals(message));
}

async function goodDate(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  for (let question = 1; question <= 5; question++) {
    const lines = await client.send('What time is it?\n').lines(question);
    expectThat(lines.length === question && lines.every(isRfc3339));
  }
  client.close();
}

/** @param answered takes the requests that were answered. */
async function goodLogged(port: number, answered: string[]): Promise<void> {
  const client = await BareClient.passing(port);
  const question = `question ${(serial += 1)}`;
  const reply = await client.send(`${question}\n`).line();
  expectThat(isRfc3339(reply.trimEnd()));
  answered.push(question);
  client.close();
}

async function slowDate(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  for (const byte of Buffer.from('What time is it?\n')) {
    client.send(Buffer.of(byte));
    await setTimeout(5);
  }
  const reply = await client.line();
  expectThat(reply.trimEnd().split('\n').every(isRfc3339)); // a slow machine may see two requests
  client.close();
}

async function slowEcho(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  client.pause().send(Buffer.alloc(1024 * 1024, 'slow'));
  await setTimeout(100);
  const echo = await client.resume().end().all();
  expectThat(echo.length === 1024 * 1024);
}

async function halvesDate(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  client.send('What time ');
  const sent = performance.now();
  await setTimeout(SILENCE_MS / 2);
  client.send('is it?\n').end();
  const wasInTime = performance.now() - sent < SILENCE_MS;
  const lines = String(await client.all())
    .trimEnd()
    .split('\n');
  expectThat(lines.every(isRfc3339) && (lines.length === 1 || !wasInTime));
}

async function pipelines(port: number, questions: number): Promise<void> {
  const client = await BareClient.passing(port);
  const lines = await client.send('\n'.repeat(questions)).lines(questions);
  expectThat(lines.length === questions && lines.every(isRfc3339));
  client.close();
}

async function pipelinesUnread(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  client.pause().send('\n'.repeat(65_536));
  await setTimeout(100);
  client.reset();
  counts.broken += 1;
}

async function tooLong(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  const reply = await client.send(Buffer.alloc(5000, 'x')).all();
  expectThat(String(reply) === 'ERROR request longer than 1024 bytes\n');
  client.close();
}

async function broken(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  client.send('half a requ');
  await setImmediate();
  client.reset();
  counts.broken += 1;
}

async function neverReads(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  client.pause().send(Buffer.alloc(1024 * 1024));
  await setTimeout(50);
  client.reset();
  counts.broken += 1;
}

async function hostile(port: number): Promise<void> {
  const client = await BareClient.passing(port);
  client.resume();
  for (let segment = randomInt(8); segment > 0; segment--) {
    client.send(randomBytes(randomInt(1, 3000)));
    await setImmediate();
  }
  if (randomInt(2) === 0) client.end();
  client.close();
  counts.broken += 1;
}

async function comesAndGoes(port: number): Promise<void> {
  for (let time = 0; time < 20; time++) (await BareClient.passing(port)).close();
  counts.broken += 1;
}

async function main(): Promise<void> {
  const { minutes } = readOptions();
  const folder = temporaryFolder('soak');
  const echo = await start('EchoServer', []);
  const date = await start('DateServer', []);
  const logging = await start('LoggingDateServer', ['--log-dir', folder]);
  const workers = await start('DateServer', ['--workers', '2'], 'DateServer x 2');
  const redis = hasCommand('redis-server') ? await Redis.start() : undefined;
  const remote = redis && (await start('LoggingDateServer', ['--log', redis.url], 'with Redis'));
  const servers = [echo, date, logging, workers, ...(remote ? [remote] : [])];
  const neighbour = askBeside(servers);
  const inFiles: string[] = [];
  const inRedis: string[] = [];

  const begun = performance.now();
  const end = begun + minutes * 60_000;
  const dates = [goodDate, slowDate, halvesDate, tooLong, broken, neverReads, hostile];
  const conversations = [
    ...[goodEcho, slowEcho, broken, neverReads, hostile, comesAndGoes].map(
      (kind) => () => kind(echo.port),
    ),
    ...[...dates, comesAndGoes].map((kind) => () => kind(date.port)),
    () => pipelines(date.port, 4096),
    () => pipelinesUnread(date.port),
    () => goodLogged(logging.port, inFiles),
    ...[tooLong, broken].map((kind) => () => kind(logging.port)),
  ];
  const rarely = [
    () => hostile(logging.port),
    () => pipelines(logging.port, 8),
    ...dates.map((kind) => () => kind(workers.port)),
    ...(remote ? loggedRarely(remote, inRedis) : []),
  ];
  const clients = Array.from({ length: TOGETHER }, () => [
    ...conversations.map((converse) => repeat(converse, end, PAUSE_MS)),
    ...rarely.map((converse) => repeat(converse, end, RARE_PAUSE_MS)),
  ]).flat();
  await Promise.all([
    ...clients,
    watch(servers, begun, end),
    ...servers.map(({ program }) => holdUp(program, end)),
  ]);

  await neighbour.kill('SIGTERM');
  for (const { program } of servers) await program.kill('SIGTERM');
  console.log('reading the logs ...');
  const lost =
    lostOf(inFiles, loggedRequests(folder)) +
    lostOf(inRedis, redis ? (await redis.lines()).lines.map(requestIn) : []);
  await cleanUp();
  report(servers, minutes, inFiles.length + inRedis.length, lost);
  const ends = servers.map(({ program }) => program.child.exitCode);
  const isFair = servers.every(({ waits }) => tooLongWaits(waits) <= minutes);
  process.exitCode =
    counts.wrong + lost === 0 && isFair && ends.every((code) => code === 0) ? 0 : 1;
}

function loggedRarely({ port }: Server, answered: string[]): (() => Promise<void>)[] {
  return [
    () => goodLogged(port, answered),
    () => goodLogged(port, answered),
    ...[tooLong, broken, hostile].map((kind) => () => kind(port)),
  ];
}

/** Lets another process ask all servers, and records how long it has to wait. */
function askBeside(servers: Server[]): Program {
  const ports = servers.map(({ port }) => String(port));
  const neighbour = Program.script('tools/soak/neighbour', ports);
  neighbour.child.stdout?.on('data', (data: Buffer) => {
    for (const [, port, wait] of data.toString().matchAll(/^(\d+) (\S+)$/gm)) {
      servers.find((server) => server.port === Number(port))?.waits.push(Number(wait));
    }
  });
  return neighbour;
}

function tooLongWaits(waits: number[]): number {
  return waits.filter((wait) => wait > LONGEST_WAIT_MS).length;
}

/** Stops a server for a moment, again and again, as a busy machine or a closed lid does. */
async function holdUp({ child }: Program, end: number): Promise<void> {
  while (performance.now() + HOLD_UP_EVERY_MS < end) {
    await setTimeout(HOLD_UP_EVERY_MS);
    child.kill('SIGSTOP');
    await setTimeout(HOLD_UP_MS);
    child.kill('SIGCONT');
  }
}

function readOptions(): { minutes: number } {
  return new Command('npm run soak --')
    .option('--minutes <n>', 'how long, at most 600', aNumberOfMinutes, 1)
    .parse()
    .opts();
}

function aNumberOfMinutes(text: string): number {
  const minutes = Number(text);
  if (minutes > 0 && minutes <= 600) return minutes;
  throw new InvalidArgumentError('a number above 0, at most 600.');
}

async function start(program: string, args: string[], name = program): Promise<Server> {
  const started = Program.lab(program, ['--port', '0', '--quiet', ...args]);
  return { name, program: started, port: await started.listening(), samples: [], waits: [] };
}

async function repeat(converse: () => Promise<void>, end: number, pauseMs: number): Promise<void> {
  while (performance.now() < end) {
    await converse().catch((error: unknown) => {
      counts.wrong += 1;
      console.error(error);
    });
    await setTimeout(pauseMs);
  }
}

async function watch(servers: Server[], begun: number, end: number): Promise<void> {
  while (performance.now() < end) {
    await setTimeout(Math.min(PROGRESS_MS, end - performance.now()));
    const minute = (performance.now() - begun) / 60_000;
    for (const { program, samples } of servers) {
      const pids = withChildren(program.child.pid ?? 0);
      samples.push({
        minute,
        memory: sum(pids.map(residentMemory)),
        handles: sum(pids.map(openHandles)),
      });
    }
    const longest = Math.max(...servers.flatMap(({ waits }) => waits));
    console.log(
      `${(minute * 60).toFixed(0)} s: ${counts.answered} answered, ${counts.wrong} wrong, ` +
        `longest wait ${longest.toFixed(0)} ms`,
    );
  }
}

const sum = (values: readonly number[]) => values.reduce((one, other) => one + other, 0);

/** The files and sockets that a process has open; unknown where there is no /proc. */
function openHandles(pid: number): number {
  const folder = `/proc/${pid}/fd`;
  return existsSync(folder) ? readdirSync(folder).length : NaN;
}

/** How many of the answered requests are not logged exactly once. */
function lostOf(answered: readonly string[], logged: readonly string[]): number {
  const times = new Map<string, number>();
  for (const request of logged) times.set(request, (times.get(request) ?? 0) + 1);
  return answered.filter((request) => times.get(request) !== 1).length;
}

function report(servers: Server[], minutes: number, logged: number, lost: number): void {
  console.log(
    `\n${minutes} min: ${counts.answered} answers right, ${counts.wrong} wrong;\n` +
      `${counts.broken} conversations broken off;\n` +
      `${logged} requests logged and answered, ${lost} of them lost.\n`,
  );
  const columns = ['MiB', 'at end', 'MiB/min', 'files', 'wait ms', '> 250', 'exit'];
  console.log(row('', columns));
  for (const { name, samples, waits, program } of servers) {
    const [first, last] = [samples[0], samples.at(-1)];
    // The second half: in the first, the heap grows to the size it works with.
    const hasSlope = minutes >= MINUTES_FOR_A_SLOPE;
    console.log(
      row(name, [
        first?.memory.toFixed(1),
        last?.memory.toFixed(1),
        hasSlope ? slope(samples.slice(samples.length / 2)).toFixed(2) : '-',
        last?.handles,
        Math.max(...waits).toFixed(0),
        tooLongWaits(waits),
        program.child.exitCode,
      ]),
    );
  }
}

function row(name: string, cells: unknown[]): string {
  return name.padEnd(18) + cells.map((cell) => String(cell).padStart(8)).join('');
}

/** The slope of the memory over time, in MiB a minute, by least squares. */
function slope(samples: Server['samples']): number {
  const mean = (values: number[]) => sum(values) / values.length;
  const minute = mean(samples.map((sample) => sample.minute));
  const memory = mean(samples.map((sample) => sample.memory));
  const covariance = samples.map((s) => (s.minute - minute) * (s.memory - memory));
  const variance = samples.map((s) => (s.minute - minute) ** 2);
  return mean(covariance) / mean(variance);
}

endWithReader();
void main();
