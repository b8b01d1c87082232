/**
 * Loaded before a program of Node with --require: records the calls that it makes on src/socket, and
 * holds it at a gate, or before each call. A program that makes none is not touched. Plain JavaScript, since no TypeScript can
 * be loaded yet.
 */
const { subscribe } = require('node:diagnostics_channel');
const { appendFileSync, existsSync, readSync, writeSync } = require('node:fs');
const path = require('node:path');

const {
  LAB_WATCH: file,
  LAB_WATCH_ROLE: role,
  LAB_WATCH_PROGRAM: program,
  LAB_WATCH_GATE: gate,
  LAB_WATCH_HALT: where,
  LAB_WATCH_CHANNEL: channel,
} = process.env;
const FOLDER = path.join(__dirname, '../..');
const GATE_MS = 10_000;
const POLL_MS = 2;
const parent = Number(process.env.LAB_WATCH_PARENT);
let recorder;
let isHeld = gate !== undefined;
let hasHalted = false;

if (file !== undefined || gate !== undefined)
  subscribe('tracing:lab3:calls:start', (call) => {
    if (isHeld && (call.name === 'connect' || call.name === 'sendto')) waitAtGate();
    if (where === 'all' || (where === call.name && !hasHalted)) halt(call.name);
    if (recorder !== undefined || file === undefined) return;
    recorder = startRecorder();
    recorder?.begins(call); // or this first one would be missing
  });

/** Until all clients of the run are here: the file appears then. */
function waitAtGate() {
  isHeld = false;
  const begun = performance.now();
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(gate) && performance.now() - begun < GATE_MS) {
    if (!isRunning(parent)) process.kill(process.pid, 'SIGKILL'); // as it would have done
    Atomics.wait(cell, 0, 0, POLL_MS);
  }
}

/** Asks in a line whether the call may be made, and waits for a byte that comes back. */
function halt(call) {
  hasHalted = true;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  try {
    writeSync(Number(channel), `${JSON.stringify({ call, ...linesNow() })}\n`);
  } catch {
    return; // it was started without that descriptor, by something between
  }
  for (;;) {
    try {
      if (readSync(Number(channel), Buffer.alloc(1)) === 0) process.exit(1); // the page has gone
      return;
    } catch (error) {
      if (error.code !== 'EAGAIN') return;
      Atomics.wait(cell, 0, 0, POLL_MS);
    }
  }
}

function isRunning(pid) {
  try {
    return Number.isNaN(pid) || process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A module of ours: as TypeScript where the program itself is that, else as it was built. */
function load(name) {
  return require(path.join(FOLDER, '.ts' in require.extensions ? '.' : 'build', name));
}

function linesNow() {
  try {
    return load('src/trace/sourceLines').callLinesNow();
  } catch {
    return {};
  }
}

function startRecorder() {
  const write = (record) => appendFileSync(file, `${JSON.stringify(record)}\n`);
  try {
    const { Recorder } = load('src/trace/Recorder');
    return new Recorder({ role, program }, write);
  } catch {
    return null; // it is not watched
  }
}
