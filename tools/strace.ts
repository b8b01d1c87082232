/**
 * `npx ts-node tools/strace.ts`: whether our records tell the truth. Runs EchoServer and EchoClient
 * with a trace, under strace, and compares what they say with what the system saw. Linux only.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { commandOf, LabProgram } from './lab/LabProgram';
import { hasClosed } from './trace/runLab';
import { parseTrace } from '../src/trace/record';

const POLL_MS = 20;
const SYSCALLS = 'socket,bind,listen,accept4,connect,read,write,writev,shutdown,close';
/** The system's names for the slides' calls. */
const NAMES: Record<string, string> = {
  accept4: 'accept',
  read: 'recv',
  write: 'sendall',
  writev: 'sendall',
};

async function main(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'lab-strace-'));
  try {
    const server = watched(folder, 'EchoServer', '--port', '0');
    const port = String(await server.port());
    await watched(folder, 'EchoClient', '--port', port).closed;
    const records = () => parseTrace(readFileSync(path.join(folder, 'EchoServer.jsonl'), 'utf8'));
    while (!hasClosed(records(), 1) && !server.hasEnded) await setTimeout(POLL_MS);
    await server.stop('SIGINT');
    const areTrue = ['EchoServer', 'EchoClient'].map((name) => compare(folder, name));
    process.exitCode = areTrue.every(Boolean) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function watched(folder: string, name: string, ...args: string[]): LabProgram {
  const file = path.join(folder, name);
  const strace = [
    '-f',
    '-qq',
    '-e',
    `trace=${SYSCALLS}`,
    '-e',
    'signal=none',
    '-o',
    `${file}.strace`,
  ];
  const program = [...commandOf(`src/${name}`), ...args, '--trace-file', `${file}.jsonl`];
  return new LabProgram(['strace', '-I', '2', ...strace, ...program], { detached: true });
}

function compare(folder: string, name: string): boolean {
  const file = path.join(folder, name);
  const said = callsSaid(readFileSync(`${file}.jsonl`, 'utf8'));
  const seen = callsSeen(readFileSync(`${file}.strace`, 'utf8'));
  const rows = Array.from({ length: Math.max(said.length, seen.length) }, (_, index) => {
    const [ours, theirs] = [said[index] ?? '-', seen[index] ?? '-'];
    return { isSame: ours === theirs, text: `  ${ours.padEnd(20)}${theirs}` };
  });
  console.log(`${name.padEnd(22)}strace`);
  for (const { isSame, text } of rows) console.log(isSame ? text : `${text}   <- differs`);
  return rows.length > 0 && rows.every(({ isSame }) => isSame);
}

/** Our records, in the order in which the calls were over. */
function callsSaid(text: string): string[] {
  return parseTrace(text).flatMap((record) => {
    if (record.type !== 'call' || record.phase !== 'return') return [];
    const { call, bytes, sock } = record;
    if (call === 'close' && sock === 1 && record.role === 'server') return []; // how it is stopped
    return [bytes ? `${call} ${bytes.n} B` : call];
  });
}

/** What the system saw of sockets of TCP over IPv4; not how the server is stopped. */
function callsSeen(text: string): string[] {
  const sockets = new Set<string>();
  const ended = new Set<string>();
  const calls: string[] = [];
  let welcoming: string | undefined;
  for (const line of whole(text)) {
    const [, call = '', args = '', result = ''] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(line) ?? [];
    const [fd = ''] = args.split(',');
    const name = NAMES[call] ?? call;
    if (call === 'socket' && args.startsWith('AF_INET, SOCK_STREAM')) sockets.add(result);
    else if (!sockets.has(fd)) continue;
    if (call === 'listen') welcoming = fd;
    if (call === 'accept4' && Number(result) >= 0) sockets.add(result);
    if (call === 'close') sockets.delete(fd);
    if (call === 'shutdown') ended.add(fd);
    // Node asks until there is nothing more. Our close() sends end of file, and takes what still comes.
    if (Number(result) < 0 && call !== 'connect') continue;
    if (call === 'read' && ended.has(fd)) continue;
    if (call === 'shutdown' || (call === 'close' && fd === welcoming)) continue;
    calls.push(name === 'recv' || name === 'sendall' ? `${name} ${result} B` : name);
  }
  return calls;
}

/** Lines of one call each: strace splits one that another thread interrupts. */
function whole(text: string): string[] {
  const begun = new Map<string, string>();
  return text.split('\n').flatMap((line) => {
    const [, pid = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const unfinished = / <unfinished \.\.\.>$/.exec(rest);
    if (unfinished) {
      begun.set(pid, rest.slice(0, unfinished.index));
      return [];
    }
    return [rest.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? '')];
  });
}

void main();
