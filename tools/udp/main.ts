/** `npm run udp`: shows what UDP does and TCP doesn't. */
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { complain } from '../../src/cli/complain';
import { wholeNumberFrom } from '../../src/cli/options';
import { endWithReader } from '../lab/endWithReader';
import { broadcast } from './broadcast';
import { loss } from './loss';
import { overLossyNetwork } from './netem';
import { multicast } from './multicast';
import { realLoss } from './realLoss';
import { toAscii } from './picture';
import { speed } from './speed';
import { startOfTool, toolName } from '../../src/text/startedAs';

const MOST = 999;
const MOST_SECONDS = 60;

interface LossOptions {
  count: number;
  loss: number;
  duplicate: number;
  reorder: number;
  seed: number;
  netem?: true;
}

let show = (line: string) => {
  console.log(line);
};

const program = new Command(startOfTool('udp'))
  .exitOverride()
  .description("Shows what UDP does and TCP doesn't. Everything runs on this machine.")
  .option('--ascii', 'draw with ASCII characters only')
  .hook('preAction', () => {
    if (program.opts<{ ascii?: true }>().ascii || process.env['TERM'] === 'dumb')
      show = (line) => {
        console.log(toAscii(line));
      };
  });

program
  .command('loss')
  .description('datagrams through a relay that loses, doubles and reorders them')
  .option('--count <n>', 'how many are sent', wholeNumberFrom(1, MOST), 20)
  .option('--loss <percent>', 'per cent of datagrams that are lost', percent, 20)
  .option('--duplicate <percent>', 'per cent that come twice', percent, 5)
  .option('--reorder <percent>', 'per cent that are overtaken', percent, 10)
  .option('--seed <n>', 'the same seed gives the same picture', wholeNumberFrom(0, 2 ** 31), 1)
  .option(
    '--netem',
    'instead of a relay, a separate network that loses packets of UDP and TCP; works with --count and --loss (Linux)',
  )
  .action(async ({ count, seed, netem, ...odds }: LossOptions, command: Command) => {
    if (netem) {
      process.exitCode = await overLossyNetwork(count, odds.loss);
      return;
    }
    if (odds.loss + odds.duplicate + odds.reorder > 100)
      command.error('error: --loss, --duplicate and --reorder are more than 100 together.');
    await loss(count, { seed, ...shares(odds) }, show);
  });

program
  .command('real-loss')
  .description('no relay: a receiver that is too slow')
  .action(() => realLoss(show));

program
  .command('speed')
  .description('the same bytes over TCP and over UDP, as fast as possible')
  .option('--seconds <s>', 'how long each sends', wholeNumberFrom(1, MOST_SECONDS), 1)
  .action(({ seconds }: { seconds: number }) => speed(seconds, show));

program
  .command('multicast')
  .description('one datagram, sent once, to all members of a group')
  .action(() => multicast(show));

program
  .command('broadcast')
  .description('one datagram, sent once, to all on a network; and to only one')
  .action(() => broadcast(show));

/** Per cent as shares of 1. */
function shares({ loss, duplicate, reorder }: Omit<LossOptions, 'count' | 'seed'>) {
  return { loss: loss / 100, duplicate: duplicate / 100, reorder: reorder / 100 };
}

function percent(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value <= 100) return value;
  throw new InvalidArgumentError('a number from 0 to 100.');
}

endWithReader();
program.parseAsync().catch((error: unknown) => {
  // commander has said what is wrong with the command line
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    complain(toolName('udp'), error);
    process.exitCode = 1;
  }
});
