/** What Linux's /proc says of processes; elsewhere it says nothing. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import * as path from 'node:path';

/** A process, and those that it has started. */
export function withChildren(pid: number): number[] {
  const children = threadsOf(pid).flatMap((thread) =>
    readIfThere(path.join(thread, 'children')).split(' '),
  );
  return [
    pid,
    ...children.filter((child) => child !== '').flatMap((child) => withChildren(Number(child))),
  ];
}

/** The folders of its threads. */
export function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((task) => `/proc/${pid}/task/${task}`);
  } catch {
    return []; // it has just ended
  }
}

/** The text of a file of a process that may have ended meanwhile. */
export function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Where a link of a process that may have ended meanwhile points to. */
export function linkIfThere(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
