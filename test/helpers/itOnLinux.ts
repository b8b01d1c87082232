import { spawnSync } from 'node:child_process';

/** A test that needs something of Linux; on other systems it is left out, with a message. */
export function itOnLinux(needs: string, title: string, test: () => Promise<void> | void): void {
  if (process.platform === 'linux') it(title, test);
  else console.log(`left out: "${title}", which needs ${needs}`);
}

/** A test that needs a program; without that program it is left out, with a message. */
export function itWith(command: string, title: string, test: () => Promise<void> | void): void {
  if (hasCommand(command)) it(title, test);
  else console.log(`left out: "${title}", for there is no ${command}`);
}

export function hasCommand(command: string): boolean {
  return spawnSync('which', [command]).status === 0;
}
