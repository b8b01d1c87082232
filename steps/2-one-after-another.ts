/** Step 2: accept() again, in a loop. A second client waits until the first has left. */
import { complain } from '../src/cli/complain';
import { stepPort } from '../src/cli/stepPort';
import { formatAddress } from '../src/socket/Address';
import { ListeningSocket } from '../src/socket/ListeningSocket';
import type { Socket } from '../src/socket/Socket';

const HOST = '127.0.0.1';
const PORT = stepPort(65432);

async function main(): Promise<void> {
  await using s = new ListeningSocket();
  s.bind({ host: HOST, port: PORT });
  await s.listen();
  for (;;) {
    const conn = await s.accept();
    await converse(conn).catch(report);
  }
}

async function converse(conn: Socket): Promise<void> {
  await using client = conn;
  console.log(`Connected by ${formatAddress(client.peer)}`);
  for (;;) {
    const data = await client.recv(1024);
    if (data.length === 0) break;
    await client.sendall(data);
  }
}

function report(error: unknown): void {
  complain('2-one-after-another', error);
}

main().catch(report);
