import * as fs from 'node:fs';
import { access, constants, mkdir, readdir, unlink } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { injectable, postConstruct } from 'inversify';
import { codeOf, errnoWords } from '../text/errno';
import { escapeControls } from '../text/escape';
import { formatRfc3339 } from '../text/rfc3339';
import { Clock } from './Clock';
import { RequestLogger, RequestNotLogged } from './RequestLogger';

/** Where the log files go. */
export class LogFolder {
  constructor(readonly path: string) {}
}

/** After so many numbers that others have taken in a row, it is quicker to look which are free. */
const TAKEN_IN_A_ROW = 16;

/** `N` without leading zeros, and small enough for a JavaScript number to count on from. */
const NAME = /^log(0|[1-9]\d{0,14})\.txt$/;

// The callback forms are faster than `node:fs/promises`, whose file handles cost more than the write.
const open = promisify(fs.open);
const write = promisify(fs.write);
const close = promisify(fs.close);

/**
 * Slide "Exercise 3": each request becomes one line in a new file, `log0.txt`, `log1.txt`, ...
 *
 * Numbers rise in the order of the calls to `log`, and none is used twice, whoever else writes into
 * the folder: a file is only ever created, never opened again.
 */
@injectable()
export class NumberedFileLogger extends RequestLogger {
  readonly #folder: string;
  #next = 0;
  /** The newest request's file. Files are created one after another, or numbers could overtake. */
  #created: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly clock: Clock,
    folder: LogFolder,
  ) {
    super();
    this.#folder = path.resolve(folder.path);
  }

  /**
   * Makes the folder if it is missing, and goes on after the highest number in it.
   * @throws RequestNotLogged when the folder can't be used.
   */
  @postConstruct()
  async open(): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true });
      await access(this.#folder, constants.W_OK | constants.X_OK);
      this.#next = await this.#firstFree();
    } catch (error) {
      throw this.#notLogged(error);
    }
  }

  override async log(request: string, client: string): Promise<void> {
    const time = formatRfc3339(this.clock.now());
    const line = Buffer.from(`${time} ${client} ${escapeControls(JSON.stringify(request))}\n`);
    const created = this.#created.then(() => this.#create());
    this.#created = created.catch(() => undefined);
    try {
      const [file, name] = await created;
      await this.#fill(file, name, line);
    } catch (error) {
      throw this.#notLogged(error);
    }
  }

  /** Creates the next file, which nobody else has or will have. */
  async #create(): Promise<[file: number, name: string]> {
    for (let taken = 1; ; taken++) {
      const name = path.join(this.#folder, `log${this.#next}.txt`);
      try {
        const file = await open(name, 'wx');
        this.#next += 1;
        return [file, name];
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        this.#next += 1;
      }
      if (taken % TAKEN_IN_A_ROW === 0) this.#next = Math.max(this.#next, await this.#firstFree());
    }
  }

  /** One write, so that the file is never seen with half a line; if it fails the file goes. */
  async #fill(file: number, name: string, line: Buffer): Promise<void> {
    try {
      const { bytesWritten } = await write(file, line);
      if (bytesWritten < line.length) throw Object.assign(new Error(), { code: 'ENOSPC' });
    } catch (error) {
      await unlink(name).catch(() => undefined);
      throw error;
    } finally {
      await close(file);
    }
  }

  async #firstFree(): Promise<number> {
    let highest = -1;
    for (const name of await readdir(this.#folder)) {
      const number = NAME.exec(name)?.[1];
      if (number !== undefined) highest = Math.max(highest, Number(number));
    }
    return highest + 1;
  }

  #notLogged(cause: unknown): RequestNotLogged {
    const code = codeOf(cause) ?? 'EUNKNOWN';
    const reason = errnoWords('log', code) ?? (cause instanceof Error ? cause.message : code);
    return new RequestNotLogged(`log folder ${this.#folder}: ${reason}`, code, { cause });
  }
}
