import type * as net from 'node:net';
import { later } from './later';

/** How long, and how many bytes, a peer may still send; they are discarded. */
export interface LingerLimits {
  readonly bytes: number;
  /** Milliseconds without a byte, once the system has all remaining bytes. */
  readonly silence: number;
  /** Milliseconds altogether. */
  readonly time: number;
}

export const LINGER_LIMITS: LingerLimits = { bytes: 1024 * 1024, silence: 1000, time: 10_000 };

/**
 * Sends the remaining bytes and end of file, and closes when the peer has closed its side, too.
 *
 * Closing while bytes from the peer are unread, or still come, makes the system send a reset, and the bytes
 * on the way to the peer are lost (RFC 1122 section 4.2.2.13). So bytes from the peer are read and discarded,
 * within limits. After that nothing more is read, and the stream closes when everything is sent.
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
