import { readdirSync, readFileSync } from 'node:fs';

/** The processes with this in their environment, and their commands; Linux only. */
export function processesWith(mark: string): string[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => commandOf(pid, mark));
  } catch {
    return []; // no Linux
  }
}

function commandOf(pid: string, mark: string): string[] {
  try {
    const isOurs = readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
    return isOurs ? [`${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'latin1')}`] : [];
  } catch {
    return []; // it has ended
  }
}

/** Ends them, whichever have not ended meanwhile. */
export function killAllWith(mark: string): void {
  for (const each of processesWith(mark)) {
    try {
      process.kill(parseInt(each, 10), 'SIGKILL');
    } catch {
      // it has
    }
  }
}
