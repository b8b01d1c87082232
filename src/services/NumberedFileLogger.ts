import * as fs from 'node:fs';
import { access, constants, mkdir, readdir, unlink } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { injectable, postConstruct } from 'inversify';
import { codeOf, explain } from '../text/errno';
import { Clock } from './Clock';
import {
  logged,
  type Logged,
  logLine,
  LogTarget,
  RequestLogger,
  RequestNotLogged,
} from './RequestLogger';

/** `N` without leading zeros. */
const NAME = /^log(0|[1-9]\d*)\.txt$/;

/** After this many numbers in a row that were already used, it is faster to look which number is free. */
const TAKEN_IN_A_ROW = 16;

/**
 * Slide "Exercise 3": each request becomes one line in a new file, `log0.txt`, `log1.txt`, ...
 *
 * Numbers rise in the order of the calls to `log`. No number is used twice, even if other programs write into
 * the folder: a file is only created, never opened again.
 */
@injectable()
export class NumberedFileLogger extends RequestLogger {
  /** How long a request waits for the disk, in ms. */
  protected readonly patienceMs: number = 10_000;
  #folder: string;
  #next = 0;
  /** Requests that have waited too long and are still waiting. */
  #hanging = 0;

  constructor(
    private readonly clock: Clock,
    target: LogTarget,
  ) {
    super();
    this.#folder = target.where;
  }

  /**
   * Creates the folder if it is missing, and continues after the highest number in it.
   * @throws RequestNotLogged when the folder can't be used.
   */
  @postConstruct()
  async open(): Promise<void> {
    let call = 'cwd';
    try {
      this.#folder = path.resolve(this.#folder);
      call = 'mkdir';
      await makeFolder(this.#folder);
      call = 'readdir';
      this.#next = await this.#firstFree();
      call = 'access';
      await access(this.#folder, constants.W_OK | constants.X_OK);
    } catch (error) {
      throw this.#notLogged(error, call);
    }
  }

  async log(request: string, client: string): Promise<void> {
    const line = logLine(this.clock.now(), client, request);
    try {
      if (this.#hanging > 0) throw failure('ETIMEDOUT');
      const file = await this.#inTime(this.#store(Buffer.from(line)));
      if (logged.hasSubscribers) logged.publish({ file, line, client } satisfies Logged);
    } catch (error) {
      throw this.#notLogged(error, 'log');
    }
  }

  /** Writes the line into a file with the next free number, and returns the file's name. */
  async #store(line: Buffer): Promise<string> {
    for (let taken = 1; ; taken++) {
      const name = `log${this.#next++}.txt`;
      try {
        await store(path.join(this.#folder, name), line);
        return name;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
      if (taken % TAKEN_IN_A_ROW === 0) this.#next = Math.max(this.#next, await this.#firstFree());
    }
  }

  /** A disk that does not answer must not keep a client waiting, and requests must not pile up. */
  #inTime<Result>(storing: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.#hanging += 1;
        const goOn = () => (this.#hanging -= 1);
        storing.then(goOn, goOn);
        reject(failure('ETIMEDOUT'));
      }, this.patienceMs);
      storing.then(resolve, reject).finally(() => {
        clearTimeout(late);
      });
    });
  }

  async #firstFree(): Promise<number> {
    let highest = -1;
    for (const name of await readdir(this.#folder)) {
      const number = NAME.exec(name)?.[1];
      if (number !== undefined) highest = Math.max(highest, Number(number));
    }
    if (!Number.isSafeInteger(highest + 1)) throw failure('ERANGE');
    return highest + 1;
  }

  #notLogged(cause: unknown, call: string): RequestNotLogged {
    const message = `log folder ${this.#folder}: ${explain(call, cause)}`;
    return new RequestNotLogged(message, codeOf(cause) ?? 'EUNKNOWN', { cause });
  }
}

/** Creates a folder and its parent folders. Node's own `recursive` never ends in `/proc`. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await makeIfMissing(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || path.dirname(folder) === folder) throw error;
    await makeFolder(path.dirname(folder));
    await makeIfMissing(folder);
  }
}

async function makeIfMissing(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

// The callback forms are faster than `node:fs/promises`, whose file handles cost more than the write.
const open = promisify(fs.open);
const write = promisify(
  (file: number, line: Buffer, done: (error: Error | null, written: number) => void) => {
    fs.write(file, line, done);
  },
);
const close = promisify(fs.close);

/** Writes a line into a new file; if that fails, it removes the file, so that no file has half a line. */
async function store(name: string, line: Buffer): Promise<void> {
  const file = await open(name, 'wx');
  try {
    await writeAndClose(file, line);
  } catch (error) {
    await unlink(name).catch(() => undefined);
    throw error;
  }
}

async function writeAndClose(file: number, line: Buffer): Promise<void> {
  try {
    if ((await write(file, line)) < line.length) throw failure('ENOSPC');
  } finally {
    await close(file).catch(() => undefined);
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}
