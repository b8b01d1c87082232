import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { EchoServer } from '../../src/EchoServer';
import type { Address } from '../../src/socket/Address';
import { Socket } from '../../src/socket/Socket';
import { wrap } from '../../src/text/wrap';
import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { UdpEchoServer } from '../../src/udp/UdpEchoServer';
import { commandOf } from '../lab/LabProgram';
import { sendUntil } from './sendUntil';
import { HOW_MANY } from './speedReceiver';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
/** What an Ethernet frame has room for, nearly. */
const SIZE = 1400;
const CHUNK = Buffer.alloc(SIZE, 'x');
const QUESTION = Buffer.from('ping');
const QUESTIONS = 500;
const CONNECTIONS = 50;
const COLUMNS = 80;
const BAR = 24;

/** What came of sending as fast as it goes. */
interface Transfer {
  readonly sent: number;
  readonly arrived: number;
  readonly seconds: number;
}

/** Sends as much as it can over TCP and over UDP, each for so long; then asks one question after the other. */
export async function speed(seconds: number, show: (line: string) => void): Promise<void> {
  const [file = '', ...args] = commandOf('tools/udp/speedReceiver');
  const receiver = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const [{ tcp, udp }] = (await once(receiver, 'message')) as [{ tcp: Address; udp: Address }];
    show(`Sends of ${SIZE} bytes to another program, for ${seconds} s each, as fast as it goes:`);
    show('');
    const transfers = [await overTcp(tcp, seconds), await overUdp(udp, seconds)];
    const most = Math.max(...transfers.map(rateOf));
    for (const [index, transfer] of transfers.entries())
      show(transferRow(['TCP', 'UDP'][index] ?? '', transfer, most));
    show('');
    show(`A question of ${QUESTION.length} bytes and its echo, the median of ${QUESTIONS}:`);
    show('');
    const [handshake, stream] = await askOverTcp();
    const datagram = await askOverUdp();
    const longest = Math.max(stream, datagram);
    const first = `after a handshake of ${inMicroseconds(handshake)}`;
    show(`TCP  ${bar(stream, longest)}  ${inMicroseconds(stream)}, ${first}`);
    show(`UDP  ${bar(datagram, longest)}  ${inMicroseconds(datagram)}, without a handshake`);
    show('');
    show(wrap(CONCLUSION, COLUMNS));
  } finally {
    receiver.kill();
  }
}

const CONCLUSION =
  'UDP is not a faster way for bytes. It saves the handshake, and nobody waits for what was lost: what came too fast for the receiver is gone. TCP waits for a receiver that is slow.';

async function overTcp(address: Address, seconds: number): Promise<Transfer> {
  await using socket = new Socket();
  await socket.connect(address);
  const begun = performance.now();
  let sent = 0;
  for (; performance.now() - begun < seconds * 1000; sent += SIZE) await socket.sendall(CHUNK);
  socket.shutdown();
  const arrived = Number(await socket.recv(SIZE));
  return { sent, arrived, seconds: (performance.now() - begun) / 1000 };
}

async function overUdp(address: Address, seconds: number): Promise<Transfer> {
  await using socket = new DatagramSocket();
  const begun = performance.now();
  let sent = 0;
  for (; performance.now() - begun < seconds * 1000; sent += SIZE)
    await socket.sendto(CHUNK, address);
  const ask = () => socket.sendto(Buffer.from(HOW_MANY), address);
  const arrived = Number((await sendUntil(socket.recvfrom(), ask)).data);
  return { sent, arrived, seconds: (performance.now() - begun) / 1000 };
}

/** The medians of a handshake, and of a question, in ms. */
async function askOverTcp(): Promise<[handshake: number, question: number]> {
  const server = new EchoServer();
  const address = await server.start(ANY_PORT);
  const handshakes: number[] = [];
  for (let turn = 0; turn < CONNECTIONS; turn++) {
    await using socket = new Socket();
    handshakes.push(await timeOf(() => socket.connect(address)));
  }
  await using socket = new Socket();
  await socket.connect(address);
  const questions = await timesOf(async () => {
    await socket.sendall(QUESTION);
    await socket.recvall(QUESTION.length);
  });
  await socket.close();
  await server.stop();
  return [median(handshakes), median(questions)];
}

async function askOverUdp(): Promise<number> {
  const server = new UdpEchoServer();
  const address = await server.start(ANY_PORT);
  await using socket = new DatagramSocket();
  const questions = await timesOf(async () => {
    await socket.sendto(QUESTION, address);
    await socket.recvfrom();
  });
  await server.stop();
  return median(questions);
}

async function timesOf(act: () => Promise<void>): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < QUESTIONS; turn++) times.push(await timeOf(act));
  return times;
}

async function timeOf(act: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await act();
  return performance.now() - begun;
}

function median(times: readonly number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}

function rateOf({ arrived, seconds }: Transfer): number {
  return arrived / seconds;
}

function transferRow(name: string, transfer: Transfer, most: number): string {
  const { sent, arrived } = transfer;
  const rate = `${(rateOf(transfer) / 1e6).toFixed(0).padStart(4)} MB/s`;
  const share = Math.round((1000 * arrived) / sent) / 10;
  const rest = arrived < sent ? ', the rest is lost' : '';
  return `${name}  ${bar(rateOf(transfer), most)}  ${rate}, ${share} % arrived${rest}`;
}

function bar(value: number, most: number): string {
  return '█'.repeat(Math.max(1, Math.round((BAR * value) / most))).padEnd(BAR);
}

function inMicroseconds(ms: number): string {
  return `${Math.round(ms * 1000)} µs`;
}
