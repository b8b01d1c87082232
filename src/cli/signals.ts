import { constants } from 'node:os';
import type { SocketServer } from '../socket/SocketServer';

/**
 * Milliseconds in which a signal counts once: on Ctrl-C the terminal signals the whole group, and
 * npm passes its own on to us.
 */
const SAME_SIGNAL = 20;

/** Milliseconds after which someone who has pressed Ctrl-C wonders. */
const NOTICEABLE = 500;

/** The first SIGINT or SIGTERM lets the server finish what it has begun; a second ends it at once. */
export function stopOnSignals(program: string, server: SocketServer): void {
  let first: { signal: NodeJS.Signals; time: number } | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const time = performance.now();
    if (!first) {
      first = { signal, time };
      setTimeout(() => {
        console.error(`${program}: finishing what has begun; a second signal ends it at once`);
      }, NOTICEABLE);
      void server.stop().then(() => process.exit(0));
    } else if (signal !== first.signal || time - first.time > SAME_SIGNAL) {
      process.exit(128 + constants.signals[signal]);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}
