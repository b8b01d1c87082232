/** `npm run check`: a student's own program, stage by stage. */
import { spawn } from 'node:child_process';
import { CommanderError } from 'commander';
import { complain, say } from '../../src/cli/complain';
import { out } from '../../src/cli/Output';
import { toolName } from '../../src/text/startedAs';
import { endWithReader } from '../lab/endWithReader';
import { commandOf } from '../lab/LabProgram';
import { networkOfItsOwn } from './Cage';
import { type Check, checkOne } from './checkOne';
import { toVpl } from './formats';
import { KitError } from './KitError';
import { markClass } from './markClass';
import { checkOf, kitCommand, type Options } from './options';
import { sumOf } from './points';
import { hasPassed } from './report';
import { writeResults } from './results';

/** Set in a kit that was started again in its own network. */
const INSIDE = 'LAB_KIT_INSIDE';

async function main(): Promise<void> {
  const command = kitCommand().parse();
  const options = command.opts<Options>();
  const check = checkOf(command);
  const needsNetwork = check.sandbox !== undefined && process.env[INSIDE] === undefined;
  const network = needsNetwork ? networkOfItsOwn() : undefined;
  if (network) {
    await again(network);
    return;
  }
  const missing = needsNetwork ? ['it has the network of this machine'] : [];
  const stop = new AbortController();
  const forget = onSignals((signal) => {
    stop.abort(`it was stopped (${signal})`);
  });
  process.exitCode =
    options.each === undefined
      ? await single(check, options, missing, stop.signal)
      : await markClass(check, { ...options, folder: options.each, missing }, stop.signal);
  forget();
  if (process.exitCode === 2) process.exit(); // what was cut short may still wait for something
}

/** Checks one program; gives the exit code. */
async function single(
  check: Check,
  options: Options,
  missing: readonly string[],
  stop: AbortSignal,
): Promise<number> {
  const isVpl = options.vpl !== undefined;
  const write = (line: string) => {
    if (!isVpl) out.write(`${line}\n`);
  };
  const { result, error } = await checkOne(check, missing, write, stop);
  if (options.vpl !== undefined) out.write(toVpl(result, options.vpl));
  if (options.points !== undefined) {
    const { points, of } = sumOf(result.verdicts, result.points);
    write(`Points: ${points} of ${of}.`);
  }
  writeResults(options, result);
  if (error !== undefined) {
    if (!stop.aborted) tell(error);
    return 2;
  }
  return hasPassed(result.verdicts) ? 0 : 1;
}

/** Runs the same kit in a network of its own. */
async function again(network: readonly string[]): Promise<void> {
  const words: readonly string[] = [...network, ...commandOf('tools/kit/main')];
  const [file = '', ...args] = words;
  const kit = spawn(file, [...args, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [INSIDE]: '1' },
  });
  onSignals((signal) => kit.kill(signal));
  process.exitCode = await new Promise<number>((resolve, reject) => {
    kit.once('error', reject);
    kit.once('close', (code) => {
      resolve(code ?? 2);
    });
  });
}

/** A second one changes nothing: the end is on its way, and bounded. */
function onSignals(act: (signal: NodeJS.Signals) => void): () => void {
  process.on('SIGINT', act).on('SIGTERM', act);
  return () => process.off('SIGINT', act).off('SIGTERM', act);
}

function tell(error: unknown): void {
  if (error instanceof KitError) say(`${toolName('check')}: ${error.message}`);
  else complain(toolName('check'), error);
}

endWithReader();
main().catch((error: unknown) => {
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
  if (!(error instanceof CommanderError)) tell(error);
});
