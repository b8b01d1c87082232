import type { Socket } from './Socket';

/** What still comes after the last word is discarded, but only so long and so much. */
const LINGER_MS = 1000;
const LINGER_BYTES = 1024 * 1024;

/**
 * Says a last word and end of file, so that they arrive. Closing while unread bytes wait makes the
 * kernel send a reset, which can overtake what was sent before it; so these are read first.
 * @throws SocketError when the connection breaks before.
 */
export async function lingeringClose(client: Socket, lastWord: string): Promise<void> {
  await client.sendall(Buffer.from(lastWord));
  client.shutdown();
  const deadline = performance.now() + LINGER_MS;
  for (let room = LINGER_BYTES; room > 0;) {
    const left = deadline - performance.now();
    if (left <= 0 || !(await client.poll(left))) return;
    const discarded = await client.recv(room);
    if (discarded.length === 0) return;
    room -= discarded.length;
  }
}
