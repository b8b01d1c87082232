import * as path from 'node:path';
import { RequestNotLogged } from '../services/RequestLogger';
import { MessageTooLong } from '../socket/Messages';
import { SocketError } from '../socket/SocketError';
import { UnexpectedReply } from '../socket/UnexpectedReply';
import { NotMade } from './NotMade';

/** Errors that say themselves what is wrong. */
const EXPLAINED = [SocketError, UnexpectedReply, MessageTooLong, RequestNotLogged, NotMade];

/** Files in which a mistake of somebody else's only shows. */
const OURS = /^(?:src[\\/](?:cli|services|socket|text)|node_modules)[\\/]|^\.\.|^node:/;

/** ` at name (file:line:column)` or ` at file:line:column` */
const FRAME = /^ +at (?:.*\()?(.+):(\d+):\d+\)?$/gm;

/** Where an error that nobody has foreseen came from: the first line outside of our own folders. */
export function sourceLineOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || EXPLAINED.some((kind) => error instanceof kind))
    return undefined;
  for (const [, file = '', line] of (error.stack ?? '').matchAll(FRAME)) {
    const near = file.startsWith('node:') ? file : path.relative('', file.replace('file://', ''));
    if (!OURS.test(near)) return `${near}:${line}`;
  }
  return undefined;
}
