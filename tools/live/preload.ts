/** Loaded before a program of the lab, with node -r: sends its calls to the live server, and halts. */
import { subscribe } from 'node:diagnostics_channel';
import { readSync, writeSync } from 'node:fs';
import type { Call } from '../../src/socket/calls';
import type { Role } from '../../src/trace/record';
import { Recorder } from '../../src/trace/Recorder';
import { callLinesNow } from '../../src/trace/sourceLines';
import '../lab/endWithParent';

/** The pipes of this process: records go out, permission to go on comes in. */
const RECORDS = 3;
const PERMISSION = 4;
const RETRY_MS = 5;

const { LAB_LIVE_ROLE: role, LAB_LIVE_PROGRAM: program = '', LAB_LIVE_HALT: halt } = process.env;

let isHeld = false;
subscribe('tracing:lab3:calls:start', (message) => {
  const { name } = message as Call;
  if (halt !== 'all' && (isHeld || halt !== name)) return;
  isHeld = true; // once: the next try is not held up
  mayGoOn(name);
});
new Recorder({ role: role as Role, program }, (record) => {
  say(record);
});

/** Waits, and all of this process with it, until the live server lets it go on. */
function mayGoOn(call: string): void {
  say({ type: 'halted', call, ...callLinesNow() });
  const byte = Buffer.alloc(1);
  for (;;) {
    try {
      if (readSync(PERMISSION, byte) === 0) process.exit(1); // the live server has gone
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(1);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

function say(what: object): void {
  const line = Buffer.from(`${JSON.stringify(what)}\n`);
  for (let sent = 0; sent < line.length;) {
    try {
      sent += writeSync(RECORDS, line, sent);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(1);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}
