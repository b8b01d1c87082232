/** How the messages to an echo server are separated. */
export interface Framing {
  /** The message as it is sent. */
  frame(text: string | Uint8Array): Buffer;
  /** Whether this is the whole echo of what was sent, as far as its length shows. */
  isWhole(came: Buffer, sent: Buffer): boolean;
  /** What came, without a difference that means nothing. */
  plain(came: Buffer): Buffer;
}

/** As the slides do it: whatever comes is sent back, and there are no messages. */
export const BYTES: Framing = {
  frame: (text) => Buffer.from(text),
  isWhole: (came, sent) => came.length >= sent.length,
  plain: (came) => came,
};

/** With a newline behind each message (`--lines`); the answers may end with `\r\n`, too. */
export const LINES: Framing = {
  frame: (text) => Buffer.concat([Buffer.from(text), Buffer.from('\n')]),
  isWhole: (came, sent) => newlines(came) >= newlines(sent),
  plain: (came) => Buffer.from(came.toString('latin1').replaceAll('\r\n', '\n'), 'latin1'),
};

function newlines(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf(10); at !== -1; at = data.indexOf(10, at + 1)) count += 1;
  return count;
}
