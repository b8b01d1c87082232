import { constants } from 'node:os';
import { say } from './complain';

/**
 * In ms. A second signal that comes sooner is the first one again: on Ctrl-C both npm and this program get
 * the signal, and npm passes it on. That can take a moment on a busy machine; a person takes longer.
 */
const SAME_SIGNAL_MS = 150;

/** After this many ms, a person who pressed Ctrl-C begins to wonder. */
const NOTICEABLE_MS = 500;

/** Something that signals stop. */
export interface Stoppable {
  stop(): Promise<void>;
  /** Ends the processes that this one started, before it ends itself. */
  kill?(): void;
}

/** The first SIGINT or SIGTERM lets the server finish its requests; a second one ends it immediately. */
export function stopOnSignals(program: string, server: Stoppable): void {
  let first: { signal: NodeJS.Signals; time: number } | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const time = performance.now();
    if (!first) {
      first = { signal, time };
      setTimeout(() => {
        say(
          `${program}: finishing the requests that have begun; a second signal ends it immediately`,
        );
      }, NOTICEABLE_MS);
      void server.stop().then(() => {
        end(process.exitCode);
      });
    } else if (signal !== first.signal || time - first.time > SAME_SIGNAL_MS) {
      server.kill?.();
      end(128 + constants.signals[signal]);
    }
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

/**
 * Ends this program immediately. Node waits for open files before it exits: forever, if a disk does not
 * answer.
 */
export function end(code: typeof process.exitCode): void {
  const waitsForFiles = process.getActiveResourcesInfo().includes('FSReqCallback');
  if (waitsForFiles) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}
