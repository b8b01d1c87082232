import { spawnSync } from 'node:child_process';

/** A test that needs something which only Linux has; elsewhere it is left out, and that is said. */
export function itOnLinux(needs: string, title: string, test: () => Promise<void> | void): void {
  if (process.platform === 'linux') it(title, test);
  else console.log(`left out: "${title}", which needs ${needs}`);
}

/** A test that needs a program; where that is not there, it is left out, and that is said. */
export function itWith(command: string, title: string, test: () => Promise<void> | void): void {
  if (hasCommand(command)) it(title, test);
  else console.log(`left out: "${title}", for there is no ${command}`);
}

export function hasCommand(command: string): boolean {
  return spawnSync('which', [command]).status === 0;
}
