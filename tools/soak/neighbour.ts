/**
 * For `npm run soak`: asks the servers on these ports one question after the other, in a process of
 * its own, and prints for each second and server how long the slowest answer took (ms).
 */
import * as net from 'node:net';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';

const PAUSE_MS = 10;
const REPORT_MS = 1000;

async function ask(port: number): Promise<void> {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let longest = 0;
  setInterval(() => {
    console.log(`${port} ${longest.toFixed(1)}`);
    longest = 0;
  }, REPORT_MS);
  for (;;) {
    const asked = performance.now();
    socket.write('How long?\n');
    await once(socket, 'data');
    longest = Math.max(longest, performance.now() - asked);
    await setTimeout(PAUSE_MS);
  }
}

for (const port of process.argv.slice(2)) void ask(Number(port));
