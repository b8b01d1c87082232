/** `npm run trace`: the slides' life lines, drawn by the programs themselves. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Argument, Command, CommanderError } from 'commander';
import { complain, say } from '../../src/cli/complain';
import { fromHere, seconds, wholeNumberFrom } from '../../src/cli/options';
import { out } from '../../src/cli/Output';
import { lookOf } from '../../src/cli/tracing';
import { explain } from '../../src/text/errno';
import { KitError } from '../kit/KitError';
import { endWithReader } from '../lab/endWithReader';
import { ProgramEnded } from '../lab/LabProgram';
import { PAIRS } from '../lab/pairs';
import { toMermaid } from './mermaid';
import { addOwnPrograms } from './ownPrograms';
import { namesIn, pictureOf } from './picture';
import { type Run, runLab } from './runLab';
import { sourcesFor } from './sources';
import { endOf, hasFailed, headOf } from './told';
import {
  recordLine,
  parseTrace,
  type Role,
  TraceError,
  type TraceRecord,
} from '../../src/trace/record';
import { rowsOf } from '../../src/trace/Reducer';
import { startOfTool, toolName } from '../../src/text/startedAs';

/** Loads a module only when it is needed. */
const loadLate = createRequire(__filename);
const MOST_CLIENTS = 20;

interface Options {
  server?: string[];
  client?: string[];
  clients: number;
  cwd: string;
  /** s */
  seconds: number;
  mermaid?: true;
  html?: string;
  ascii?: true;
  keep?: string;
}

const command = addOwnPrograms(new Command(startOfTool('trace')))
  .description(
    'Runs the programs of a lab and draws each socket call: which program calls, in which line, and what travels. With --server and --client it runs your own programs instead of ours, in any language; in their commands, {port} is replaced by a free port. "show" draws a trace from a file (--trace-file FILE of every program, or --keep).',
  )
  .addArgument(new Argument('[lab]', 'what to draw').choices([...Object.keys(PAIRS), 'show']))
  .argument('[file]', 'for show: the trace file')
  .option('--seconds <s>', 'the longest time for the whole run', seconds, 20)
  .option('--clients <n>', 'clients at the same time', wholeNumberFrom(1, MOST_CLIENTS), 1)
  .option('--keep <file>', 'also write the records into this file')
  .option('--ascii', "for a terminal that can't show lines and arrows")
  .option('--html <file>', 'write one page to step through, for a browser')
  .option('--mermaid', 'as a diagram of Mermaid, for a report')
  .exitOverride();

async function main(): Promise<void> {
  command.parse();
  const [lab, file] = command.args;
  const options = command.opts<Options>();
  if (lab === 'show') {
    show(kept(file), options);
    return;
  }
  const run = await runOnce(lab, options);
  const own = options.server ?? options.client;
  const records = own ? [...run.records, ...sourcesFor(run.records, options.cwd)] : run.records;
  if (options.keep !== undefined) write(options.keep, records.map(recordLine).join(''));
  for (const line of headOf(run)) out.write(`${line}\n`);
  show(records, options, namesOf(run));
  for (const line of endOf(run)) out.write(`${line}\n`);
  if (hasFailed(run)) process.exitCode = 1;
}

/** The first Ctrl-C ends what runs, and draws what there is; the second ends this program, too. */
async function runOnce(lab: string | undefined, options: Options): Promise<Run> {
  const { server, client, clients, cwd } = options;
  if (lab === undefined && (server === undefined || client === undefined))
    throw new TraceError('name a lab, or give both --server and --client');
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      stop.abort();
    });
  const terms = { lab: lab ?? '', server, client, clients, cwd, limit: options.seconds * 1000 };
  return runLab(terms, stop.signal);
}

/** Names for programs that are not watched; the records name the others. */
function namesOf({ server, clients, records, isSeenBetween }: Run): Record<Role, string> {
  const [client] = clients;
  return isSeenBetween && client ? { server: server.name, client: client.name } : namesIn(records);
}

function show(records: readonly TraceRecord[], options: Options, names = namesIn(records)): void {
  if (options.html === undefined) {
    out.write(drawn(records, options, names));
    return;
  }
  write(options.html, pageOf(records));
  out.write(`Open ${options.html} in a browser\n`);
}

/** Loaded only when needed, because it needs a large compiler. */
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

function drawn(
  records: readonly TraceRecord[],
  { ascii, mermaid }: Options,
  names: Record<Role, string>,
): string {
  if (mermaid) return toMermaid(rowsOf(records), names);
  return pictureOf(records, lookOf(process.stdout, ascii === true), names);
}

endWithReader();
main().catch((error: unknown) => {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  process.exitCode = error instanceof KitError ? 2 : 1;
  if (error instanceof TraceError || error instanceof ProgramEnded || error instanceof KitError)
    say(`${toolName('trace')}: ${error.message}`);
  else complain(toolName('trace'), error);
});
