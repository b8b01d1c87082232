import { openSync, writeSync } from 'node:fs';
import { err, hasColors } from '../cli/output';
import type { TraceOptions } from '../cli/tracing';
import { Drawing, type Look } from './draw';
import { lineOf, type TraceRecord } from './record';
import { Recorder, type Who } from './recorder';
import { Reducer } from './reduce';

/**
 * Records all calls of this process from now on.
 * @throws Error when the file can't be written.
 */
export function startTrace({ trace, traceFile }: TraceOptions, who: Who): void {
  const sinks: ((record: TraceRecord) => void)[] = [];
  if (traceFile !== undefined) sinks.push(keptIn(traceFile));
  if (trace !== undefined) sinks.push(drawnOnStderr(trace === 'ascii', who));
  new Recorder(who, (record) => {
    for (const sink of sinks) sink(record);
  });
}

/** Written at once: what a killed program has called is there. */
function keptIn(file: string): (record: TraceRecord) => void {
  const descriptor = openSync(file, 'w');
  return (record) => {
    writeSync(descriptor, lineOf(record));
  };
}

function drawnOnStderr(isAscii: boolean, { role, program }: Who): (record: TraceRecord) => void {
  const other = role === 'client' ? { server: 'server' } : { client: 'client' };
  const names = { client: program, server: program, ...other };
  const drawing = new Drawing(lookOf(process.stderr, isAscii), names);
  const reducer = new Reducer(role);
  const show = (lines: string[]) => {
    for (const line of lines) err.write(`${line}\n`);
  };
  show(drawing.heading());
  process.once('exit', () => {
    for (const row of reducer.finish()) show(drawing.lines(row));
  });
  return (record) => {
    for (const row of reducer.add(record)) show(drawing.lines(row));
  };
}

/** How wide an output is, and whether it has colours; 100 columns where it is no terminal. */
export function lookOf(output: NodeJS.WriteStream, isAscii: boolean): Look {
  return {
    columns: output.isTTY ? output.columns : 100,
    isAscii: isAscii || process.env['TERM'] === 'dumb',
    hasColor: hasColors(output),
  };
}
