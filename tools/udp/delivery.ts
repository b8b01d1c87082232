import { setImmediate, setTimeout } from 'node:timers/promises';
import { DatagramSocket } from '../../src/udp/DatagramSocket';

const LAST = 'that was all';
const RETRY_MS = 20;
/** On one machine, nothing takes this many ms. */
const PATIENCE_MS = 2000;

/** A receiver, and what has come to it. */
export class Receiver {
  readonly socket = new DatagramSocket({ reuseAddr: true });
  readonly received: string[] = [];

  /** @param calls what it does to receive, as the picture says it. */
  constructor(readonly calls: string) {}

  /** Receives until its socket is closed. */
  async receive(): Promise<void> {
    for (;;) {
      const datagram = await this.socket.recvfrom().catch(() => undefined);
      if (!datagram) return;
      this.received.push(String(datagram.data));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.socket.close();
  }
}

/** Sends a text once, and waits until every receiver that should get it has it. */
export async function deliver(
  text: string,
  receivers: Receiver[],
  send: (data: Buffer) => Promise<void>,
): Promise<void> {
  await send(Buffer.from(text));
  // One machine delivers in order: when a later datagram has come, the earlier one can't come any more.
  for (let waited = 0; waited < PATIENCE_MS; waited += RETRY_MS) {
    await send(Buffer.from(LAST));
    await setTimeout(RETRY_MS);
    if (receivers.some(({ received }) => received.includes(LAST))) break;
  }
  await setImmediate();
}

/** Which receivers have a text: one row for each receiver. */
export function deliveryRows(text: string, receivers: Receiver[]): string[] {
  return receivers.map(({ received, calls }, index) => {
    const has = received.includes(text);
    const corner = index === receivers.length - 1 ? '╰' : '├';
    const stem = index === 0 ? '──┬' : `  ${corner}`;
    const sender = index === 0 ? 'sender' : '      ';
    return `${sender} ${stem}──${has ? '►' : '✗'} receiver ${index + 1}  ${has ? 'received' : 'nothing '}  ${calls}`;
  });
}
