import { constants } from 'node:os';
import { say } from './complain';

/**
 * In ms. A second signal that comes sooner is the first one again: on Ctrl-C the terminal tells both npm
 * and us, and npm passes it on. On a busy machine that takes its time; a person takes longer.
 */
const SAME_SIGNAL_MS = 150;

/** When someone who has pressed Ctrl-C begins to wonder. */
const NOTICEABLE_MS = 500;

/** What is stopped by signals. */
export interface Stoppable {
  stop(): Promise<void>;
  /** Ends what this process has started, before it ends itself. */
  kill?(): void;
}

/** The first SIGINT or SIGTERM lets the server finish what it has begun; a second ends it immediately. */
export function stopOnSignals(program: string, server: Stoppable): void {
  let first: { signal: NodeJS.Signals; time: number } | undefined;
  const onSignal = (signal: NodeJS.Signals) => {
    const time = performance.now();
    if (!first) {
      first = { signal, time };
      setTimeout(() => {
        say(`${program}: finishing what has begun; a second signal ends it immediately`);
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

/** Ends this program immediately. Before it exits, Node waits for files: for ever, if a disk does not answer. */
export function end(code: typeof process.exitCode): void {
  const waitsForFiles = process.getActiveResourcesInfo().includes('FSReqCallback');
  if (waitsForFiles) process.kill(process.pid, 'SIGKILL');
  process.exit(code);
}
