import type * as net from 'node:net';
import { later } from './later';

/** How much of what a peer still says is waited for and thrown away. */
export interface LingerLimits {
  readonly bytes: number;
  /** Milliseconds without a byte, once all that is owed has been handed to the system. */
  readonly silence: number;
  /** Milliseconds in all. */
  readonly time: number;
}

export const LINGER_LIMITS: LingerLimits = { bytes: 1024 * 1024, silence: 1000, time: 10_000 };

/**
 * Sends what is owed and end of file, and closes when the peer has ended its side, too.
 *
 * Closing while bytes of the peer's lie unread, or come later, makes the system send a reset, and what
 * is still on the way to the peer is lost (RFC 1122 section 4.2.2.13). So they are read and thrown
 * away, within limits; after these nothing more is read, and the stream closes when all is sent.
 */
export function lingeringClose(stream: net.Socket, limits = LINGER_LIMITS): void {
  let room = limits.bytes;
  let forgetSilence: (() => void) | undefined;
  const readNoMore = () => {
    stream.pause();
    stream.destroySoon();
  };
  const waitForMore = () => {
    forgetSilence?.();
    forgetSilence = later(limits.silence, readNoMore);
  };
  const forgetTime = later(limits.time, readNoMore);
  stream.on('data', ({ length }: Buffer) => {
    room -= length;
    if (room <= 0) readNoMore();
    else if (stream.writableFinished) waitForMore();
  });
  stream.once('finish', waitForMore);
  stream.once('close', () => {
    forgetSilence?.();
    forgetTime();
  });
  stream.resume();
  stream.end();
}
