import * as fs from 'node:fs';
import * as tty from 'node:tty';
import { codeOf, explain } from '../text/errno';

/**
 * At most this many bytes are kept for a terminal or a reader that reads nothing; the rest is dropped and
 * counted.
 */
const MOST_BYTES = 65_536;
const RETRY_MS = 100;
const isWindows = process.platform === 'win32';

/**
 * The output of a program. Node's own `console` waits while a terminal is stopped (Ctrl-S) or a pipe is full,
 * and then all clients of a server wait, too. This class never waits, except on Windows and macOS, which have
 * no `/proc`.
 */
export class Output {
  readonly #fd: number;
  #hasFailed = false;
  #kept = Buffer.alloc(0);
  #dropped = 0;
  #retry: NodeJS.Timeout | undefined;

  /**
   * @param fd its descriptor: 1 or 2.
   * @param onFailure is called once with the reason why output was lost; not if the reader just went away.
   */
  constructor(
    fd: number,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#fd = openAgain(fd);
    // There we write to Node's own stream, whose errors end a program that has no listener for them.
    if (isWindows) streamOf(fd).on('error', this.#fail.bind(this));
  }

  write(text: string): void {
    if (this.#kept.length > MOST_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#kept = Buffer.concat([this.#kept, Buffer.from(text)]);
    if (!this.#retry) this.#flush();
  }

  #flush(): void {
    this.#retry = undefined;
    try {
      while (this.#kept.length > 0) {
        this.#kept = this.#kept.subarray(writeSome(this.#fd, this.#kept));
      }
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') {
        this.#retry = setTimeout(this.#flush.bind(this), RETRY_MS);
        return;
      }
      this.#kept = Buffer.alloc(0);
      this.#fail(error);
    }
    if (this.#dropped === 0) return;
    const lines = this.#dropped;
    this.#dropped = 0;
    this.write(`... ${lines} lines were not shown: the terminal or the reader was too slow\n`);
  }

  #fail(error: unknown): void {
    if (this.#hasFailed || codeOf(error) === 'EPIPE') return;
    this.#hasFailed = true;
    this.onFailure(error);
  }
}

function streamOf(fd: number): NodeJS.WriteStream {
  return fd === 1 ? process.stdout : process.stderr;
}

/** Returns how many bytes could be written. */
function writeSome(fd: number, data: Buffer): number {
  if (!isWindows) return fs.writeSync(fd, data);
  streamOf(fd).write(data); // it knows the console's characters
  return data.length;
}

/** Opens a terminal or a pipe again, because other programs must not share a descriptor that never waits. */
function openAgain(fd: number): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = fs.constants;
  try {
    if (!tty.isatty(fd) && !fs.fstatSync(fd).isFIFO()) return fd;
    return fs.openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return fd;
  }
}

/** stderr. */
export const err = new Output(2, () => (process.exitCode = 1));

/** stdout. If output is lost, the program reports it, and ends with exit code 1. */
export const out = new Output(1, (error) => {
  process.exitCode = 1;
  err.write(`The output could not be written: ${explain('write', error)}\n`);
});

/** Whether output there may have colours: on a terminal, unless the environment says otherwise. */
export function hasColors(output: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  return FORCE_COLOR !== undefined ? FORCE_COLOR !== '0' : output.isTTY && TERM !== 'dumb';
}
