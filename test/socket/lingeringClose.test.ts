import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { lingeringClose } from '../../src/socket/lingeringClose';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { openTimers } from '../helpers/openTimers';

const MiB = 1024 * 1024;
/** Longer than any test may take. */
const HOUR = 3_600_000;

/** Both ends of a connection. */
async function connection(): Promise<{ stream: net.Socket; peer: net.Socket }> {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const peer = net.connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
  peer.on('error', () => undefined);
  const [[stream]] = (await Promise.all([once(server, 'connection'), once(peer, 'connect')])) as [
    [net.Socket],
    unknown,
  ];
  stream.on('error', () => undefined);
  afterwards(() => {
    server.close();
    peer.destroy();
    stream.destroy();
  });
  return { stream, peer };
}

/** Has `peer` send these bytes again and again until the connection is gone. */
function repeat(peer: net.Socket, data: Uint8Array, pause: number): void {
  const send = () => peer.write(data, () => later.refresh());
  const later = setTimeout(send, pause);
  afterwards(() => {
    clearTimeout(later);
  });
}

describe('lingeringClose', () => {
  afterEach(cleanUp);

  it('closes as soon as the peer has ended its side, and leaves no timer', async () => {
    await setImmediate(); // from here on mocha's own timer runs
    const timers = openTimers();
    const { stream, peer } = await connection();
    lingeringClose(stream, { bytes: MiB, silence: HOUR, time: HOUR });

    peer.resume().on('end', () => peer.end('bye'));

    await once(stream, 'close');
    expect(stream.errored).to.equal(null);
    expect(openTimers()).to.equal(timers);
  });

  it('throws away what comes in pieces for longer than the silence it allows', async () => {
    const { stream, peer } = await connection();
    lingeringClose(stream, { bytes: MiB, silence: 400, time: HOUR });
    await once(peer.resume(), 'end');

    for (let piece = 0; piece < 10; piece++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      peer.write('piece');
    }
    expect(stream.destroyed).to.equal(false);
    peer.end();

    await once(peer, 'close');
    expect(peer.errored).to.equal(null);
  });

  it('waits for no more bytes than it may', async () => {
    const { stream, peer } = await connection();
    repeat(peer.resume(), Buffer.alloc(65_536), 0);

    lingeringClose(stream, { bytes: MiB, silence: HOUR, time: HOUR });

    await once(stream, 'close');
    expect(stream.bytesRead).to.be.within(MiB, 2 * MiB);
  });

  it('waits no longer than it may, in silence or altogether', async () => {
    const silent = await connection();
    const talkative = await connection();
    repeat(talkative.peer.resume(), Buffer.of(1), 1);

    lingeringClose(silent.stream, { bytes: MiB, silence: 20, time: HOUR });
    lingeringClose(talkative.stream, { bytes: MiB, silence: HOUR, time: 20 });

    await Promise.all([once(silent.stream, 'close'), once(talkative.stream, 'close')]);
  });

  it('counts no silence while it still owes', async () => {
    const { stream, peer } = await connection();
    const owed = Buffer.alloc(32 * MiB);
    stream.write(owed);
    lingeringClose(stream, { bytes: MiB, silence: 1, time: HOUR });
    for (let piece = 0; piece < 3; piece++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      peer.write(Buffer.alloc(MiB / 4));
    }

    let received = 0;
    peer.on('data', ({ length }: Buffer) => (received += length));
    await once(peer, 'end');

    expect(received).to.equal(owed.length);
  });
});
