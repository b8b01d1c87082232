import * as path from 'node:path';
import { codeOf } from '../text/errno';

/** The names of errors whose message says what is wrong. */
const EXPLAINED = new Set([
  'SocketError',
  'UnexpectedReply',
  'MessageTooLong',
  'RequestNotLogged',
  'NotMade',
  'TraceError',
]);

/** Files where a mistake in another file shows up. */
const OURS =
  /^(?:build[\\/])?(?:src[\\/](?:(?:cli|services|socket|text|trace)[\\/]|udp[\\/]Datagram)|tools[\\/])|^node_modules[\\/]|^\.\.|^node:/;

/** ` at name (file:line:column)` or ` at file:line:column` */
const FRAME = /^ +at (?:.*\()?(.+):(\d+):\d+\)?$/gm;

/**
 * The line of a mistake that type checking would find: the first line outside of our own folders, for an
 * unexpected error or a call with a wrong argument.
 */
export function sourceLineOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const isMisuse = error.name === 'SocketError' && codeOf(error) === 'EINVAL';
  const isForeseen = EXPLAINED.has(error.name) && !isMisuse;
  return isForeseen ? undefined : lineOutside(error);
}

/** The first line outside of our own folders in the stack of an error. */
export function lineOutside(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  for (const [, file = '', line] of (error.stack ?? '').matchAll(FRAME)) {
    const near = file.startsWith('node:') ? file : path.relative('', file.replace('file://', ''));
    if (!OURS.test(near)) return `${near}:${line}`;
  }
  return undefined;
}
