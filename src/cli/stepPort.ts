import * as path from 'node:path';
import { bindablePort, createCommand, parseOrExit } from './options';
import { addTraceOptions, traceIfAsked, type TraceOptions } from './tracing';

/** The command line of a program in steps/: its port, and the options of a trace. */
export function stepPort(usual: number): number {
  const { name } = path.parse(process.argv[1] ?? '');
  const command = createCommand(
    name,
    'A step from the slide to the server (docs/steps.md).',
    'steps',
  ).argument('[port]', 'the port to listen on; 0: any free one', bindablePort, usual);
  const parsed = parseOrExit(addTraceOptions(command));
  traceIfAsked(parsed.opts<TraceOptions>(), 'server', name);
  return parsed.processedArgs[0] as number;
}
