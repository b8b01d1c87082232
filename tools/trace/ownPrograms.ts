import type { Command } from 'commander';
import { fromHere } from '../../src/cli/options';
import { commandWords } from '../lab/splitWords';

/** Adds the options that name a student's programs, and the folder where they are started. */
export function addOwnPrograms(command: Command): Command {
  return command
    .option(
      '--server <command>',
      'your own server: --server "python3 server.py {port}"',
      commandWords,
    )
    .option('--client <command>', 'your own client', commandWords)
    .option('--cwd <folder>', 'the folder to start your programs in', fromHere, fromHere('.'));
}
