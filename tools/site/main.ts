/** `npm run site`: the lessons and the pages of docs/ as a site for a course. */
import { Command, CommanderError } from 'commander';
import { readdirSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { say } from '../../src/cli/complain';
import { out } from '../../src/cli/Output';
import { endWithReader } from '../lab/endWithReader';
import { buildSite } from './buildSite';

const command = new Command('npm run site --')
  .description(
    'Writes the lessons, with runs of now, and the pages of docs/ as a site that needs no server: open its index.html, or put the folder on a course’s server.',
  )
  .option('--out <folder>', 'where to write it', 'site')
  .exitOverride();

async function main(): Promise<void> {
  command.parse();
  const { out: folder } = command.opts<{ out: string }>();
  await buildSite(folder, (what) => {
    out.write(`${what}\n`);
  });
  const sizes = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (name) => statSync(path.join(folder, name)).size,
  );
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6;
  out.write(`Open ${path.join(folder, 'index.html')} (all of it: ${megabytes.toFixed(1)} MB)\n`);
}

endWithReader();
main().then(
  () => process.exit(),
  (error: unknown) => {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
    say(`npm run site: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  },
);
