import { tracingChannel } from 'node:diagnostics_channel';

/** One call of a socket, as the channel reports it to its subscribers. */
export interface Call {
  /** The `Socket`, `ListeningSocket` or `DatagramSocket` that it is called on. */
  readonly socket: object;
  /** Its name on the slides: `recv`. */
  readonly name: string;
  readonly args: readonly unknown[];
  /** Its result, once it has returned. */
  result?: unknown;
  /** The error that it threw, if it did. */
  error?: unknown;
}

/**
 * Here the calls of all sockets can be watched (`start`, and `asyncEnd` or `error` when a call is over).
 * Without a trace there are no subscribers, and it costs nothing.
 */
export const calls = tracingChannel<'calls', Call>('lab3:calls');

/** Decorates a method that is a call on the slides, so that it can be watched. */
export function call(_class: object, name: string, descriptor: PropertyDescriptor): void {
  const method = descriptor.value as (this: object, ...args: unknown[]) => unknown;
  descriptor.value = function watched(this: object, ...args: unknown[]) {
    if (!calls.start.hasSubscribers) return method.apply(this, args);
    return watch({ socket: this, name, args }, () => method.apply(this, args));
  };
}

/** Reports the call `socket()`, which is a constructor here. */
export function created(socket: object): void {
  if (calls.start.hasSubscribers) watch({ socket, name: 'socket', args: [] }, () => undefined);
}

function watch(made: Call, method: () => unknown): unknown {
  calls.start.publish(made);
  try {
    const result = method();
    if (!(result instanceof Promise)) return returned(made, result);
    return result.then(
      (value: unknown) => returned(made, value),
      (error: unknown) => threw(made, error),
    );
  } catch (error) {
    return threw(made, error);
  }
}

function returned(made: Call, result: unknown): unknown {
  made.result = result;
  calls.asyncEnd.publish(made);
  return result;
}

function threw(made: Call, error: unknown): never {
  made.error = error;
  calls.error.publish(made);
  throw error;
}
