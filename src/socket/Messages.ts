import { setImmediate } from 'node:timers/promises';
import { whatItIs } from '../text/whatItIs';
import { type Address, formatAddress } from './Address';
import type { Socket } from './Socket';
import { SocketError } from './SocketError';
import { UnexpectedReply } from './UnexpectedReply';

/** The longest message, without its newline. */
const MAX_BYTES = 1024;
const CHUNK_BYTES = 65536;
/**
 * After this many messages that were already there, other sockets get a turn: an `await` that doesn't have to
 * wait does not return to the event loop.
 */
const MESSAGES_A_TURN = 32;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const ERROR = 'ERROR ';

export interface MessageLimits {
  /** Milliseconds of silence that end a message without a newline. Default: silence ends none. */
  readonly silence?: number;
  /** Milliseconds after its first byte in which a message must be complete. */
  readonly idleTimeout?: number;
}

/** What `Messages` need of a `Socket`. */
export type MessageSocket = Pick<Socket, 'recv' | 'sendall' | 'poll' | 'peer'>;

/**
 * Messages over a connection, in both directions. TCP carries a stream of bytes and has no messages (RFC 9293
 * section 3.7: segments don't show what was one `send`), so both sides agree on where one ends: at a newline
 * (a carriage return before it is dropped); at end of file, if bytes remain; or after a silence, because the
 * slide's own client sends no newline and waits.
 */
export class Messages {
  #unread: Buffer = Buffer.alloc(0);
  /** How many messages in a row were already there. */
  #ready = 0;

  constructor(
    private readonly socket: MessageSocket,
    private readonly limits: MessageLimits = {},
  ) {}

  /**
   * The next message as text, or `undefined` at end of file. Bytes that are not UTF-8 become
   * replacement characters.
   * @throws MessageTooLong, and SocketError when the connection breaks or the message takes too long.
   */
  async next(): Promise<string | undefined> {
    if (this.#unread.length === 0) this.#unread = await this.socket.recv(CHUNK_BYTES);
    else if ((this.#ready += 1) % MESSAGES_A_TURN === 0) await setImmediate();
    if (this.#unread.length === 0) return undefined;
    let begun: number | undefined;
    for (;;) {
      const newline = this.#unread.indexOf(NEWLINE);
      if (newline >= 0) return this.#takeLine(newline);
      if (this.#canOnlyBeTooLong()) throw new MessageTooLong(this.socket.peer);
      begun ??= performance.now();
      if (!(await this.#isMoreComing(begun))) return this.#take(this.#unread.length);
      const more = await this.socket.recv(CHUNK_BYTES);
      if (more.length === 0) return this.#take(this.#unread.length);
      this.#unread = Buffer.concat([this.#unread, more]);
    }
  }

  /**
   * Sends a message, with the newline that ends it.
   * @throws SocketError when the connection breaks, and when `message` is not a string (`EINVAL`).
   */
  send(message: string): Promise<void> {
    if (!isText(message)) return Promise.reject(this.#notText(message));
    return this.socket.sendall(Buffer.from(`${message}\n`));
  }

  /**
   * For clients: the next message, which must be an answer. @throws UnexpectedReply when it isn't one, and
   * SocketError as `next` does.
   */
  async reply(): Promise<string> {
    const { peer } = this.socket;
    const reply = await this.next().catch((error: unknown) => {
      if (!(error instanceof MessageTooLong)) throw error;
      throw new UnexpectedReply(`sent a reply longer than ${MAX_BYTES} bytes`, peer, 'EMSGSIZE');
    });
    if (reply === undefined)
      throw new UnexpectedReply('closed the connection before its reply was complete', peer, 'EOF');
    if (reply.startsWith(ERROR)) throw new UnexpectedReply(`answered: ${reply}`, peer, 'EREMOTEIO');
    return reply;
  }

  #notText(message: unknown): SocketError {
    const reason = `a message is a text, not ${whatItIs(message)}`;
    return new SocketError('sendall', 'EINVAL', this.socket.peer, reason);
  }

  /** Waits for bytes or end of file; false when silence has ended the message. */
  async #isMoreComing(begun: number): Promise<boolean> {
    const { silence = Infinity, idleTimeout = Infinity } = this.limits;
    const left = begun + idleTimeout - performance.now();
    if (left > 0 && (await this.socket.poll(Math.min(silence, left)))) return true;
    if (silence < left) return false;
    const reason = `the message was not complete after ${idleTimeout / 1000} s`;
    throw new SocketError('recv', 'ETIMEDOUT', this.socket.peer, reason);
  }

  #canOnlyBeTooLong(): boolean {
    const { length } = this.#unread;
    return length > MAX_BYTES + 1 || (length > MAX_BYTES && this.#unread.at(-1) !== RETURN);
  }

  #takeLine(newline: number): string {
    const end = newline > 0 && this.#unread[newline - 1] === RETURN ? newline - 1 : newline;
    return this.#take(end, newline + 1);
  }

  /** The message up to `end`; the next one begins at `next`. */
  #take(end: number, next = end): string {
    if (end > MAX_BYTES) throw new MessageTooLong(this.socket.peer);
    const message = this.#unread.toString('utf8', 0, end);
    this.#unread = this.#unread.subarray(next);
    return message;
  }
}

/** ts-node doesn't check types, so any value may arrive as a message. */
function isText(message: unknown): message is string {
  return typeof message === 'string';
}

/** The line that tells the client about an error, if the error has a `reply` for it. */
export function errorLine(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('reply' in error)) return undefined;
  return `${ERROR}${String(error.reply)}\n`;
}

/** A message that is longer than allowed. Its `reply` is for the client that sent it. */
export class MessageTooLong extends Error {
  override readonly name = 'MessageTooLong';
  readonly code = 'EMSGSIZE';
  readonly reply = `request longer than ${MAX_BYTES} bytes`;

  constructor(sender: Address | undefined) {
    super(`${formatAddress(sender)} sent a message longer than ${MAX_BYTES} bytes`);
  }
}
