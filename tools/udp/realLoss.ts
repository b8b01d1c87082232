import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { sendUntil } from './sendUntil';

const COUNT = 200;
/** Bytes that the system keeps for a receiver that has not read yet. */
const SMALL = 4096;
const LAST = Buffer.from('that was all');

/** Sends faster than a receiver with a small buffer reads: what does not fit is gone. */
export async function realLoss(show: (line: string) => void): Promise<void> {
  await using receiver = new DatagramSocket({ recvBufferSize: SMALL });
  await receiver.bind({ host: '127.0.0.1', port: 0 });
  await using sender = new DatagramSocket();
  const { local } = receiver;
  if (!local) return;

  const datagram = Buffer.alloc(100);
  const sends = Array.from({ length: COUNT }, () => sender.sendto(datagram, local));
  const failed = (await Promise.allSettled(sends)).filter(({ status }) => status === 'rejected');

  const arrived = await sendUntil(countUntilLast(receiver), () => sender.sendto(LAST, local));
  show(
    `The receiver's system keeps at most ${SMALL} bytes; the receiver reads only after all were sent.`,
  );
  show(`sent      ${COUNT} datagrams of 100 bytes, with ${failed.length} errors from sendto()`);
  show(`received  ${arrived}`);
  show(`lost      ${COUNT - arrived}, and neither the sender nor the receiver got an error`);
}

/** Counts what comes before the last datagram. */
async function countUntilLast(receiver: DatagramSocket): Promise<number> {
  let count = 0;
  while (!(await receiver.recvfrom()).data.equals(LAST)) count += 1;
  return count;
}
