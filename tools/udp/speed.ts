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
/** Almost the size of an Ethernet frame, in bytes. */
const SIZE = 1400;
const CHUNK = Buffer.alloc(SIZE, 'x');
const QUESTION = Buffer.from('ping');
const QUESTIONS = 1000;
const CONNECTIONS = 50;
const COLUMNS = 80;
const BAR = 24;

/** The result of sending as fast as possible. */
interface Transfer {
  readonly sent: number;
  readonly arrived: number;
  readonly seconds: number;
}

/** Sends as much as it can over TCP and over UDP, each for this long; then asks one question after the other. */
export async function speed(seconds: number, show: (line: string) => void): Promise<void> {
  const [file = '', ...args] = commandOf('tools/udp/speedReceiver');
  const receiver = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  try {
    const [{ tcp, udp }] = (await once(receiver, 'message')) as [{ tcp: Address; udp: Address }];
    show(`Sends of ${SIZE} bytes to another program, for ${seconds} s each, as fast as possible:`);
    show('');
    const transfers = [await overTcp(tcp, seconds), await overUdp(udp, seconds)];
    const most = Math.max(...transfers.map(rateOf));
    for (const [index, transfer] of transfers.entries())
      show(transferRow(['TCP', 'UDP'][index] ?? '', transfer, most));
    show('');
    show('1,000 questions of 4 bytes over both, each after the echo of the previous one:');
    show('');
    const { handshake, tcp: stream, udp: datagram } = await askBoth();
    const longest = Math.max(totalOf(stream), totalOf(datagram));
    show(questionRow('TCP', stream, longest, `handshake: ${inMicroseconds(handshake)}`));
    show(questionRow('UDP', datagram, longest, 'no handshake'));
    show('');
    show(wrap(CONCLUSION, COLUMNS));
  } finally {
    receiver.kill();
  }
}

const CONCLUSION =
  'UDP is not a faster way to send bytes. It saves the handshake, and it does not wait for lost datagrams: bytes that came too fast for the receiver are gone. TCP waits for a slow receiver.';

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

/** The median of a handshake, and the time of each question over TCP and over UDP, in turns, ms. */
async function askBoth(): Promise<{ handshake: number; tcp: number[]; udp: number[] }> {
  const [stream, datagram] = [new EchoServer(), new UdpEchoServer()];
  const [tcpAddress, udpAddress] = [await stream.start(ANY_PORT), await datagram.start(ANY_PORT)];
  await using udpSocket = new DatagramSocket();
  await using tcpSocket = new Socket();
  const handshake = median(await handshakesWith(tcpAddress));
  await tcpSocket.connect(tcpAddress);
  const [tcp, udp]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < QUESTIONS; turn++) {
    tcp.push(
      await timeOf(async () => {
        await tcpSocket.sendall(QUESTION);
        await tcpSocket.recvall(QUESTION.length);
      }),
    );
    udp.push(
      await timeOf(async () => {
        await udpSocket.sendto(QUESTION, udpAddress);
        await udpSocket.recvfrom();
      }),
    );
  }
  await tcpSocket.close();
  await Promise.all([stream.stop(), datagram.stop()]);
  return { handshake, tcp, udp };
}

async function handshakesWith(address: Address): Promise<number[]> {
  const times: number[] = [];
  for (let turn = 0; turn < CONNECTIONS; turn++) {
    await using socket = new Socket();
    times.push(await timeOf(() => socket.connect(address)));
  }
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

function questionRow(name: string, times: readonly number[], most: number, first: string): string {
  const total = `${totalOf(times).toFixed(0).padStart(4)} ms`;
  const each = `${inMicroseconds(median(times))} each`;
  return `${name}  ${bar(totalOf(times), most)}  ${total}, ${each}, ${first}`;
}

function totalOf(times: readonly number[]): number {
  return times.reduce((sum, time) => sum + time, 0);
}

function bar(value: number, most: number): string {
  return '█'.repeat(Math.max(1, Math.round((BAR * value) / most))).padEnd(BAR);
}

function inMicroseconds(ms: number): string {
  return `${Math.round(ms * 1000)} µs`;
}
