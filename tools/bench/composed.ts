/** What docs/scaling.md puts together, as one server that says where it listens: `nginx FOLDER`, or `redis FOLDER SETTINGS`. */
import { spawn } from 'node:child_process';
import * as net from 'node:net';
import * as path from 'node:path';
import { LabProgram, ROOT } from '../lab/LabProgram';
import { startNginx } from './nginx';
import { freePort } from '../../test/helpers/freePort';

const RETRY_MS = 20;

async function main([kind, folder = '', ...settings]: string[]): Promise<void> {
  const port = kind === 'nginx' ? await behindNginx(folder) : await withRedis(folder, settings);
  console.log(`listening on 127.0.0.1:${port}`);
}

async function behindNginx(folder: string): Promise<number> {
  const tcp: [number, number] = [await startServer('DateServer'), await startServer('DateServer')];
  const front = await freePort();
  startNginx(path.join(ROOT, 'docs'), folder, { front, tcp, udp: tcp }); // no program asks over UDP
  while (!(await isThere(front)));
  return front;
}

async function withRedis(folder: string, settings: string[]): Promise<number> {
  const port = await freePort();
  const args = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
  spawn('redis-server', [...args, ...settings], { stdio: 'ignore' });
  while (!(await isThere(port)));
  return startServer('LoggingDateServer', '--log', `redis://127.0.0.1:${port}`);
}

function startServer(name: string, ...more: string[]): Promise<number> {
  return LabProgram.start(name, ['--port', '0', '--quiet', ...more]).port();
}

function isThere(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      setTimeout(resolve, RETRY_MS, false);
    });
  });
}

void main(process.argv.slice(2));
