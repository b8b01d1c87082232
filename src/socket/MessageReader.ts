import type { Socket } from './Socket';
import { SocketError } from './SocketError';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

export interface MessageLimits {
  /** What the messages are, for the error that one of them is too long. */
  readonly what: 'request' | 'reply';
  /** The longest message, in bytes, without its newline. */
  readonly maxBytes: number;
  /** Milliseconds of silence that end a message without a newline. */
  readonly silence: number;
  /** Milliseconds after its first byte at which a message must be complete. */
  readonly timeout: number;
}

/** A message of more bytes than allowed. Its `reply` is for the peer. */
export class MessageTooLong extends SocketError {
  readonly reply: string;

  constructor(socket: MessageSource, { what, maxBytes }: MessageLimits) {
    const reason = `${what} longer than ${maxBytes} bytes`;
    super('recv', 'EMSGSIZE', socket.peer, reason);
    this.reply = reason;
  }
}

/** What a reader needs of a `Socket`. */
export type MessageSource = Pick<Socket, 'recv' | 'poll' | 'peer'>;

/**
 * Finds out where one message ends and the next begins: TCP carries a stream of bytes and has no
 * messages (RFC 9293 section 3.8: segments say nothing about what was one `send`).
 *
 * A message ends at a newline (a carriage return before it is dropped); at end of file, if bytes
 * remain; or after a while of silence, since the slide's own client sends no newline and waits.
 */
export class MessageReader {
  #unread: Buffer = Buffer.alloc(0);

  constructor(
    private readonly socket: MessageSource,
    private readonly limits: MessageLimits,
  ) {}

  /**
   * The next message as text, or `undefined` at end of file. Bytes that are not UTF-8 become
   * replacement characters.
   * @throws MessageTooLong, and SocketError when the connection breaks or the message takes too long.
   */
  async next(): Promise<string | undefined> {
    if (this.#unread.length === 0) await this.#receive();
    if (this.#unread.length === 0) return undefined;
    let begun: number | undefined;
    for (;;) {
      const end = this.#unread.indexOf(NEWLINE);
      if (end >= 0) return this.#takeLine(end);
      if (this.#canOnlyBeTooLong()) throw new MessageTooLong(this.socket, this.limits);
      begun ??= performance.now();
      const more = (await this.#isMoreComing(begun)) && (await this.#receive());
      if (!more) return this.#take(this.#unread.length);
    }
  }

  /** Adds what comes next to what is unread; false at end of file. */
  async #receive(): Promise<boolean> {
    const longest = this.limits.maxBytes + 2; // with its return and newline
    const data = await this.socket.recv(longest - this.#unread.length);
    this.#unread = this.#unread.length === 0 ? data : Buffer.concat([this.#unread, data]);
    return data.length > 0;
  }

  /** Waits for bytes or end of file; false when silence has ended the message. */
  async #isMoreComing(begun: number): Promise<boolean> {
    const { what, silence, timeout } = this.limits;
    const left = begun + timeout - performance.now();
    if (left > 0 && (await this.socket.poll(Math.min(silence, left)))) return true;
    if (silence < left) return false;
    const reason = `the ${what} was not complete after ${timeout / 1000} s`;
    throw new SocketError('recv', 'ETIMEDOUT', this.socket.peer, reason);
  }

  #canOnlyBeTooLong(): boolean {
    const { length } = this.#unread;
    const { maxBytes } = this.limits;
    return length > maxBytes + 1 || (length > maxBytes && this.#unread.at(-1) !== RETURN);
  }

  #takeLine(newline: number): string {
    const end = newline > 0 && this.#unread[newline - 1] === RETURN ? newline - 1 : newline;
    return this.#take(end, newline + 1);
  }

  /** The message up to `end`; the next one begins at `next`. */
  #take(end: number, next = end): string {
    if (end > this.limits.maxBytes) throw new MessageTooLong(this.socket, this.limits);
    const message = this.#unread.toString('utf8', 0, end);
    this.#unread = this.#unread.subarray(next);
    return message;
  }
}
