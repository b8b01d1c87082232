import { expect } from 'chai';
import type { BareClient } from './BareClient';

/** Each of these clients gets its bytes back, and nothing else. */
export async function expectEchoes(clients: BareClient[], message: string): Promise<void> {
  for (const client of clients) {
    const before = client.received;
    const after = await client.send(message).bytes(before.length + message.length);
    expect(String(after)).to.equal(before + message);
  }
}
