import { channel } from 'node:diagnostics_channel';
import { escapeControls } from '../text/escape';
import { formatRfc3339 } from '../text/rfc3339';

/** Where a logger keeps the requests: a folder, or the URL of a store. */
export class LogTarget {
  constructor(readonly where: string) {}
}

/** Stores the requests of clients. A strategy: the container decides which class does it. */
export abstract class RequestLogger {
  /**
   * Stores one request. Resolves when it is stored.
   * @param client the client's address, as `host:port`.
   * @throws RequestNotLogged when it can't be stored.
   */
  abstract log(request: string, client: string): Promise<void>;
}

/** A request that could not be stored. Its `reply` is for the client, its `cause` for the operator. */
export class RequestNotLogged extends Error {
  override readonly name = 'RequestNotLogged';
  readonly reply = 'request could not be logged';

  /** @param code the operating system's name for the reason, `ENOSPC` for example. */
  constructor(
    message: string,
    readonly code: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** A request that is stored in its own file, as the channel reports it. */
export interface Logged {
  /** The file's name, without its folder. */
  readonly file: string;
  readonly line: string;
  /** The client's address, as `host:port`. */
  readonly client: string;
}

/** The channel that reports each file of the log. Only a trace subscribes to it. */
export const LOGGED = 'lab3:logged';
export const logged = channel(LOGGED);

/** A request as one line: its time, its client and its text. Nothing in the text can end the line. */
export function logLine(time: Date, client: string, request: string): string {
  return `${formatRfc3339(time)} ${client} ${escapeControls(JSON.stringify(request))}\n`;
}
