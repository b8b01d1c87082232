import * as path from 'node:path';
import { codeOf } from '../text/errno';

/** The names of errors that say themselves what is wrong. */
const EXPLAINED = new Set([
  'SocketError',
  'UnexpectedReply',
  'MessageTooLong',
  'RequestNotLogged',
  'NotMade',
  'TraceError',
]);

/** Files in which a mistake of somebody else's only shows. */
const OURS =
  /^(?:build[\\/])?(?:src[\\/](?:(?:cli|services|socket|text|trace)[\\/]|udp[\\/]Datagram)|tools[\\/])|^node_modules[\\/]|^\.\.|^node:/;

/** ` at name (file:line:column)` or ` at file:line:column` */
const FRAME = /^ +at (?:.*\()?(.+):(\d+):\d+\)?$/gm;

/**
 * Where a mistake is that types would show: the first line outside of our own folders, of an error
 * that nobody has foreseen, or of a call that was given the wrong thing.
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
