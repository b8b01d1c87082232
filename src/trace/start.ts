import * as fs from 'node:fs';
import { explain } from '../text/errno';
import { Drawing, type Look } from './Drawing';
import { recordLine, TraceError, type TraceRecord } from './record';
import { Recorder, type Who } from './Recorder';
import { Reducer } from './Reducer';

/** Receives the records of a trace, one after the other. */
export type Sink = (record: TraceRecord) => void;

/** Records all calls of this process from now on. */
export function startTrace(who: Who, sinks: readonly Sink[]): void {
  new Recorder(who, (record) => {
    for (const sink of sinks) sink(record);
  });
}

/** Bytes to read of an existing file: enough for its first record. */
const FIRST_BYTES = 4096;

/**
 * Writes the records into a file, immediately, so that the calls of a killed program are there, too. @param
 * ended is called once with the reason if the file can't be written any more; the program goes on.
 * @throws TraceError when the file can't be written, or another program still writes into it.
 */
export function keptIn(file: string, ended: (why: string) => void): Sink {
  let descriptor: number | undefined = open(file);
  return (record) => {
    if (descriptor === undefined) return;
    try {
      fs.writeSync(descriptor, recordLine(record));
    } catch (error) {
      fs.closeSync(descriptor);
      descriptor = undefined;
      ended(`the trace in ${file} ends here: ${explain('write', error)}`);
    }
  };
}

function open(file: string): number {
  // Append, so that two programs don't overwrite each other; and don't wait for the reader of a FIFO.
  const { O_WRONLY, O_CREAT, O_TRUNC, O_APPEND, O_NONBLOCK } = fs.constants;
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | ((O_NONBLOCK as number | undefined) ?? 0);
  const writer = writerOf(file);
  if (writer !== undefined)
    throw new TraceError(`${file}: another program still writes its trace there (PID ${writer})`);
  try {
    return fs.openSync(file, flags);
  } catch (error) {
    throw new TraceError(`${file}: ${explain('open', error)}`, { cause: error });
  }
}

/** The process that writes a trace into this file, if it still runs. */
function writerOf(file: string): number | undefined {
  const pid = Number(/^\{"v":1,"type":"run",.*?"pid":(\d+)/.exec(beginningOf(file))?.[1]);
  return Number.isInteger(pid) && pid !== process.pid && isRunning(pid) ? pid : undefined;
}

function beginningOf(file: string): string {
  try {
    if (!fs.statSync(file).isFile()) return '';
    const descriptor = fs.openSync(file, 'r');
    const begin = Buffer.alloc(FIRST_BYTES);
    const length = fs.readSync(descriptor, begin);
    fs.closeSync(descriptor);
    return begin.toString('utf8', 0, length);
  } catch {
    return ''; // not there, or it can't be read; whether it can be written is seen next
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Draws the records as lines, while the program runs. */
export function drawnAs({ role, program }: Who, look: Look, write: (line: string) => void): Sink {
  const other = role === 'client' ? { server: 'server' } : { client: 'client' };
  const names = { client: program, server: program, ...other };
  const drawing = new Drawing(look, names);
  const reducer = new Reducer(role);
  drawing.heading().forEach(write);
  process.once('exit', () => {
    for (const row of reducer.finish()) drawing.lines(row).forEach(write);
  });
  return (record) => {
    for (const row of reducer.add(record)) drawing.lines(row).forEach(write);
  };
}
