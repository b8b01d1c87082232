/** `npm run trace`: the slides' life lines, drawn by the programs themselves. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Argument, Command, CommanderError } from 'commander';
import { complain, say } from '../../src/cli/complain';
import { fromHere, wholeNumberFrom } from '../../src/cli/options';
import { out } from '../../src/cli/Output';
import { lookOf } from '../../src/cli/tracing';
import { explain } from '../../src/text/errno';
import { endWithReader } from '../lab/endWithReader';
import { ProgramEnded } from '../lab/LabProgram';
import { PAIRS } from '../lab/pairs';
import { toMermaid } from './mermaid';
import { namesIn, pictureOf } from './picture';
import { runLab } from './runLab';
import { recordLine, parseTrace, TraceError, type TraceRecord } from '../../src/trace/record';
import { rowsOf } from '../../src/trace/Reducer';

/** Loads a module only when it is needed. */
const loadLate = createRequire(__filename);
const MOST_CLIENTS = 20;

interface Options {
  clients: number;
  mermaid?: true;
  html?: string;
  ascii?: true;
  keep?: string;
}

const command = new Command('npm run trace --')
  .description(
    'Runs the programs of a lab and draws each socket call that they make: who calls what, in which line, and what travels. "show" draws a trace that was kept (--trace-file FILE of every program, or --keep).',
  )
  .addArgument(new Argument('<lab>', 'what to draw').choices([...Object.keys(PAIRS), 'show']))
  .argument('[file]', 'of show: the trace')
  .option('--clients <n>', 'clients at the same time', wholeNumberFrom(1, MOST_CLIENTS), 1)
  .option('--keep <file>', 'keep the records there, too')
  .option('--ascii', 'for a terminal without lines and arrows')
  .option('--html <file>', 'write one page to step through, for a browser')
  .option('--mermaid', 'as a diagram of Mermaid, for a report')
  .exitOverride();

async function main(): Promise<void> {
  command.parse();
  // What was started ends with this program.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const [lab = '', file] = command.args;
  const options = command.opts<Options>();
  const records = lab === 'show' ? kept(file) : await runLab(lab, options.clients);
  if (options.keep !== undefined) write(options.keep, records.map(recordLine).join(''));
  if (options.html === undefined) {
    out.write(drawn(records, options));
    return;
  }
  write(options.html, pageOf(records));
  out.write(`Open ${options.html} in a browser\n`);
}

/** Loaded when it is asked for: the compiler that it needs is not small. */
function pageOf(records: readonly TraceRecord[]): string {
  const { toHtml } = loadLate('./html') as typeof import('./html');
  const { client, server } = namesIn(records);
  return toHtml(records, `${client} and ${server}`);
}

function write(file: string, text: string): void {
  try {
    writeFileSync(fromHere(file), text);
  } catch (error) {
    throw new TraceError(`${file}: ${explain('open', error)}`);
  }
}

function kept(file: string | undefined): TraceRecord[] {
  if (file === undefined) throw new TraceError('show needs the file of a trace');
  let text: string;
  try {
    text = readFileSync(fromHere(file), 'utf8');
  } catch (error) {
    throw new TraceError(`${file}: ${explain('open', error)}`);
  }
  try {
    return parseTrace(text);
  } catch (error) {
    throw new TraceError(`${file} can't be drawn: ${(error as Error).message}`);
  }
}

function drawn(records: readonly TraceRecord[], { ascii, mermaid }: Options): string {
  if (mermaid) return toMermaid(rowsOf(records), namesIn(records));
  return pictureOf(records, lookOf(process.stdout, ascii === true));
}

endWithReader();
main().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  process.exitCode = 1;
  if (error instanceof TraceError || error instanceof ProgramEnded)
    say(`npm run trace: ${error.message}`);
  else complain('npm run trace', error);
});
