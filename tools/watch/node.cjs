/**
 * Loaded before a program of Node with --require: records the calls that it makes on src/socket, and
 * holds it at a gate. A program that makes none is not touched. Plain JavaScript, since no TypeScript can
 * be loaded yet.
 */
const { subscribe } = require('node:diagnostics_channel');
const { appendFileSync, existsSync } = require('node:fs');
const path = require('node:path');

const {
  LAB_WATCH: file,
  LAB_WATCH_ROLE: role,
  LAB_WATCH_PROGRAM: program,
  LAB_WATCH_GATE: gate,
} = process.env;
const FOLDER = path.join(__dirname, '../..');
const GATE_MS = 10_000;
const POLL_MS = 2;
const parent = Number(process.env.LAB_WATCH_PARENT);
let recorder;
let isHeld = gate !== undefined;

if (file !== undefined || gate !== undefined)
  subscribe('tracing:lab3:calls:start', (call) => {
    if (isHeld && (call.name === 'connect' || call.name === 'sendto')) waitAtGate();
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

function isRunning(pid) {
  try {
    return Number.isNaN(pid) || process.kill(pid, 0);
  } catch {
    return false;
  }
}

function startRecorder() {
  // As TypeScript where the program itself is that, else as it was built.
  const load = (name) => require(path.join(FOLDER, name, 'src/trace/Recorder'));
  const write = (record) => appendFileSync(file, `${JSON.stringify(record)}\n`);
  try {
    const { Recorder } = '.ts' in require.extensions ? load('.') : load('build');
    return new Recorder({ role, program }, write);
  } catch {
    return null; // it is not watched
  }
}
