import { createRequire } from 'node:module';
import { type Command, InvalidArgumentError } from 'commander';

/** What the command line says about a trace. */
export interface TraceOptions {
  /** Draw it on stderr: `lines`, or `ascii`. */
  readonly trace?: string;
  /** Keep the records there. */
  readonly traceFile?: string;
}

type StartTrace = (
  options: TraceOptions,
  who: { role: 'client' | 'server'; program: string },
) => void;

/** Adds the options that make a program draw its own calls. */
export function addTraceOptions(command: Command): Command {
  return command
    .option('--trace [style]', 'draw each socket call on stderr', style)
    .option('--trace-file <file>', 'keep the calls there: npm run trace -- show FILE');
}

/** Starts to trace if that is asked for; nothing of it is loaded otherwise. */
export function traceIfAsked(
  options: TraceOptions,
  role: 'client' | 'server',
  program: string,
): void {
  if (options.trace === undefined && options.traceFile === undefined) return;
  const load = createRequire(__filename);
  const { startTrace } = load('../trace/start') as { startTrace: StartTrace };
  startTrace(options, { role, program });
}

function style(text: string): string {
  if (text === 'lines' || text === 'ascii') return text;
  throw new InvalidArgumentError('it is --trace, or --trace=ascii.');
}
