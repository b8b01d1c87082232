/** `npm run live`: the page on which the programs of the lab run and draw themselves. */
import { Command, CommanderError } from 'commander';
import { say } from '../../src/cli/complain';
import { bindablePort } from '../../src/cli/options';
import { out } from '../../src/cli/Output';
import { endWithReader } from '../lab/endWithReader';
import { LiveServer, whyNotStarted } from './LiveServer';

const command = new Command('npm run live --')
  .description(
    'Serves a page on this machine on which you start a server, run clients, and see each socket call as it happens.',
  )
  .option('--port <port>', 'the port of the page; 0: any free one', bindablePort, 6080)
  .exitOverride();

async function main(): Promise<void> {
  command.parse();
  const { port } = command.opts<{ port: number }>();
  const live = new LiveServer();
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => {
      void live.stop().then(() => process.exit(0));
    });
  try {
    out.write(`Open ${await live.start(port)} in a browser; Ctrl-C ends it\n`);
  } catch (error) {
    say(`npm run live: ${whyNotStarted(error, port)}`);
    process.exitCode = 1;
  }
}

endWithReader();
main().catch((error: unknown) => {
  process.exitCode = error instanceof CommanderError && error.exitCode === 0 ? 0 : 2;
});
