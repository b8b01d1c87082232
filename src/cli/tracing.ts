import { createRequire } from 'node:module';
import type { Command } from 'commander';
import type { Look } from '../trace/Drawing';
import { say } from './complain';
import { err, hasColors } from './Output';
import { startOfTool } from '../text/startedAs';

/** Loads a module only when it is needed. */
const loadLate = createRequire(__filename);
/** The width where the output is not a terminal. */
const USUAL_COLUMNS = 100;

/** The command-line options of a trace. */
export interface TraceOptions {
  /** Draw it on stderr. */
  readonly trace?: true;
  /** The same without lines and arrows. */
  readonly traceAscii?: true;
  /** Keep the records in this file. */
  readonly traceFile?: string;
}

/** Adds the options that make a program draw its own calls. */
export function addTraceOptions(command: Command): Command {
  return command
    .option('--trace', 'draw each socket call on stderr')
    .option('--trace-ascii', "the same, for a terminal that can't show lines and arrows")
    .option(
      '--trace-file <file>',
      `write the calls into a file; draw it with: ${startOfTool('trace')} show FILE`,
    );
}

/** Starts a trace if the options ask for one; its modules are loaded only then. */
export function traceIfAsked(
  { trace, traceAscii, traceFile }: TraceOptions,
  role: 'client' | 'server',
  program: string,
): void {
  const isDrawn = trace ?? traceAscii ?? false;
  if (!isDrawn && traceFile === undefined) return;
  const { drawnAs, keptIn, startTrace } = loadLate(
    '../trace/start',
  ) as typeof import('../trace/start');
  const who = { role, program };
  startTrace(who, [
    ...(traceFile === undefined
      ? []
      : [
          keptIn(traceFile, (why) => {
            say(`${program}: ${why}`);
          }),
        ]),
    ...(isDrawn
      ? [
          drawnAs(who, lookOf(process.stderr, traceAscii ?? false), (line) => {
            err.write(`${line}\n`);
          }),
        ]
      : []),
  ]);
}

/** How wide an output is, and whether it has colours. */
export function lookOf(output: NodeJS.WriteStream, isAscii: boolean): Look {
  return {
    columns: output.isTTY ? output.columns : USUAL_COLUMNS,
    isAscii: isAscii || process.env['TERM'] === 'dumb',
    hasColor: hasColors(output),
  };
}
