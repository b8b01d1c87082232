/** `npm run live`: the page on which the programs of the lab run and draw themselves. */
import { Argument, Command, CommanderError, InvalidArgumentError } from 'commander';
import { say } from '../../src/cli/complain';
import { bindablePort } from '../../src/cli/options';
import { out } from '../../src/cli/Output';
import { isCommand } from '../kit/Cage';
import { endWithReader } from '../lab/endWithReader';
import { PAIRS } from '../lab/pairs';
import { addOwnPrograms } from '../trace/ownPrograms';
import { LiveServer, whyNotStarted } from './LiveServer';
import type { Own } from './RunningLab';
import { startOfTool, toolName } from '../../src/text/startedAs';
import { noSuchCommand } from '../lab/noSuchCommand';

interface Options {
  port: number;
  outside?: URL;
  server?: string[];
  client?: string[];
  cwd: string;
}

const command = addOwnPrograms(new Command(startOfTool('live')))
  .description(
    'Serves a page on this machine where you start a server, run clients, and see each socket call when it happens. With --server and --client you run your own programs on it, in any language, as "Yours"; in their commands, {port} is replaced by a free port.',
  )
  .addArgument(
    new Argument('[lab]', 'the lab of our client or server, when you give only one of your own')
      .choices(Object.keys(PAIRS))
      .default('echo'),
  )
  .option('--port <port>', 'the port of the page; 0: any free one', bindablePort, 6080)
  .option(
    '--outside <url>',
    'another address of the page, if a service forwards its port: https://NAME-6080.app.github.dev',
    outsideUrl,
  )
  .exitOverride();

async function main(): Promise<void> {
  command.parse();
  const { port, outside } = command.opts<Options>();
  const own = ownPrograms();
  const live = new LiveServer(own, outside);
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      void live.stop().then(() => process.exit(0));
    });
  try {
    out.write(`Open ${await live.start(port)} in a browser; Ctrl-C ends it\n`);
  } catch (error) {
    say(`${toolName('live')}: ${whyNotStarted(error, port)}`);
    process.exitCode = 1;
  }
}

/** @throws InvalidArgumentError when it is not an address of a web page, without a path. */
function outsideUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && `${url.pathname}${url.search}` === '/') return url;
  throw new InvalidArgumentError('it begins with https:// or http://, and has no path.');
}

/** @throws CommanderError when there is no such command, which is also said. */
function ownPrograms(): Own | undefined {
  const { server, client, cwd } = command.opts<Options>();
  if (server === undefined && client === undefined) return undefined;
  for (const [first = ''] of [server ?? [], client ?? []])
    if (first !== '' && !isCommand(first, cwd)) command.error(noSuchCommand(first));
  return { lab: String(command.processedArgs[0]), server, client, cwd };
}

endWithReader();
main().catch((error: unknown) => {
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
});
