import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/** `lab-live-own-4711-x7Gh2k`: of which tool, and of which process. */
const NAME = /^lab-[a-z-]+-(\d+)-\w+$/;
const ours = new Set<string>();
process.once('exit', () => {
  ours.forEach(remove);
});

/**
 * Creates a folder for this process, and removes it when the process ends. It also removes folders of killed
 * processes.
 */
export function temporaryFolder(tool: string): string {
  removeOrphans();
  const folder = mkdtempSync(path.join(tmpdir(), `lab-${tool}-${process.pid}-`));
  ours.add(folder);
  return folder;
}

function removeOrphans(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = NAME.exec(name) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) remove(path.join(tmpdir(), name));
  }
}

/** Removes a folder of one's own; others can make one of that name. */
function remove(folder: string): void {
  try {
    const uid = process.getuid?.();
    if (uid !== undefined && lstatSync(folder).uid !== uid) return;
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // It has gone meanwhile, or some of it is still in use.
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
