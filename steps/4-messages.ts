/** Step 4: a date server that treats the result of one recv() as one question. Sometimes that is wrong. */
import { complain } from '../src/cli/complain';
import { stepPort } from '../src/cli/stepPort';
import { formatAddress } from '../src/socket/Address';
import { ListeningSocket } from '../src/socket/ListeningSocket';
import type { Socket } from '../src/socket/Socket';
import { formatRfc3339 } from '../src/text/rfc3339';

const HOST = '127.0.0.1';
const PORT = stepPort(6015);

async function main(): Promise<void> {
  await using s = new ListeningSocket();
  s.bind({ host: HOST, port: PORT });
  await s.listen();
  for (;;) {
    const conn = await s.accept();
    void converse(conn).catch(report);
  }
}

async function converse(conn: Socket): Promise<void> {
  await using client = conn;
  console.log(`Connected by ${formatAddress(client.peer)}`);
  for (;;) {
    const question = await client.recv(1024);
    if (question.length === 0) break;
    await client.sendall(Buffer.from(`${formatRfc3339(new Date())}\n`));
  }
}

function report(error: unknown): void {
  complain('4-messages', error);
}

main().catch(report);
