import { openSync, writeSync } from 'node:fs';
import { Drawing, type Look } from './Drawing';
import { recordLine, type TraceRecord } from './record';
import { Recorder, type Who } from './Recorder';
import { Reducer } from './Reducer';

/** Something that takes the records of a trace, one after the other. */
export type Sink = (record: TraceRecord) => void;

/** Records all calls of this process from now on. */
export function startTrace(who: Who, sinks: readonly Sink[]): void {
  new Recorder(who, (record) => {
    for (const sink of sinks) sink(record);
  });
}

/**
 * Keeps the records in a file. They are written immediately: what a killed program has called is there.
 * @throws Error when the file can't be written.
 */
export function keptIn(file: string): Sink {
  const descriptor = openSync(file, 'w');
  return (record) => {
    writeSync(descriptor, recordLine(record));
  };
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
