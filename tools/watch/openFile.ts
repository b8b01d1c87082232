import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Does not wait for the writer of a pipe, and does not follow a link; Windows has neither. */
const NO_WAIT = process.platform === 'win32' ? 0 : constants.O_NONBLOCK | constants.O_NOFOLLOW;

/**
 * Reads from this position of a file, at most this many bytes; nothing if it is no file: the program that is
 * watched may have put something else there.
 */
export function readFrom(file: string, at: number, bytes: number): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, constants.O_RDONLY | NO_WAIT);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return Buffer.alloc(0);
    const piece = Buffer.alloc(Math.max(0, Math.min(bytes, stat.size - at)));
    return piece.subarray(0, readSync(descriptor, piece, 0, piece.length, at));
  } catch {
    return Buffer.alloc(0); // not there, or not ours to read
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
