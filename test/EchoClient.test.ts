import { expect } from 'chai';
import type * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { EchoClient } from '../src/EchoClient';
import { EchoServer } from '../src/EchoServer';
import type { RunOptions } from '../src/socket/SocketClient';
import { cleanUp } from './helpers/cleanUp';
import { rejection } from './helpers/rejection';
import { startBareServer } from './helpers/startBareServer';
import { startServer } from './helpers/startServer';

const here = (port: number) => ({ host: '127.0.0.1', port });

describe('EchoClient', () => {
  afterEach(cleanUp);

  describe('of an EchoServer', () => {
    for (const [what, message] of [
      ['the message of the slide', 'Hello, world'],
      ['an empty message', ''],
      ['any script', 'grüß 你好 👩‍👩‍👧 नमस्ते'],
      ['control characters', '\0\u001b[31m\r\n'],
      ['100,000 characters', 'x'.repeat(100_000)],
      ['50 MB, which fill both directions', '0123456789'.repeat(5_000_000)],
    ] as const) {
      it(`gets back ${what}`, async () => {
        const port = await startServer(new EchoServer());

        const echo = await new EchoClient(message).run(here(port));

        expect(echo === message, 'the same').to.be.true;
      });
    }
  });

  /** The reason why the echo of a message from this server is refused. */
  async function failure(
    treat: (client: net.Socket) => unknown,
    options?: RunOptions,
  ): Promise<Error & { code?: string }> {
    const port = await startBareServer(treat);
    const error = await rejection(new EchoClient('Hello').run(here(port), options));
    expect(error).to.be.instanceOf(Error);
    return error as Error;
  }

  it('puts together an echo that comes in many pieces', async () => {
    const port = await startBareServer((server) => {
      server.setNoDelay(true);
      server.once('data', (data: Buffer) => void sendByteByByte(server, data));
    });

    expect(await new EchoClient('grüß dich').run(here(port))).to.equal('grüß dich');
  });

  it('reads no more than the echo of its message', async () => {
    const port = await startBareServer((server) => server.write('Hello, and more'));

    expect(await new EchoClient('Hello').run(here(port))).to.equal('Hello');
  });

  it('fails with EOF when the server closes before everything is back', async () => {
    const error = await failure((server) => {
      server.on('data', () => server.end('Hel'));
    });

    expect(error).to.include({ name: 'UnexpectedReply', code: 'EOF' });
  });

  it('fails with EBADMSG when something else comes back', async () => {
    const { code, message } = await failure((server) => {
      server.on('data', () => server.write('hELLO'));
    });

    expect(code).to.equal('EBADMSG');
    expect(message).to.include('sent back something else');
  });

  it('fails with EBADMSG when other bytes come back that read the same', async () => {
    const port = await startBareServer((server) => server.write(Buffer.of(0xf0, 0x9f, 0x98)));

    const error = await rejection(new EchoClient('\ufffd').run(here(port)));

    expect(error).to.include({ code: 'EBADMSG' });
  });

  it('fails with ECONNRESET when the server resets the connection', async () => {
    const { code } = await failure((server) => {
      server.on('data', () => server.resetAndDestroy());
    });

    expect(code).to.equal('ECONNRESET');
  });

  it('fails with ETIMEDOUT when the server stays silent', async () => {
    const { code } = await failure(() => undefined, { limits: { timeout: 50 } });

    expect(code).to.equal('ETIMEDOUT');
  });

  it('fails with ETIMEDOUT when the echo trickles in for longer than the whole timeout', async () => {
    const error = await failure(
      (server) => {
        const trickle = setInterval(() => server.write('H'), 10);
        server.on('close', () => {
          clearInterval(trickle);
        });
      },
      { limits: { timeout: 30 } },
    );

    expect(error).to.include({ code: 'ETIMEDOUT' });
    expect(error.message).to.include('it took longer than 0.03 s');
  });

  it('closes its connection in the end, whether it succeeds or not', async () => {
    const closed: Promise<unknown>[] = [];
    const port = await startBareServer((server) => {
      closed.push(new Promise((resolve) => server.once('close', resolve)));
      server.once('data', () => server.write('Hello'));
    });

    await new EchoClient('Hello').run(here(port));
    await rejection(new EchoClient('Olleh').run(here(port)));

    expect(await Promise.all(closed)).to.have.lengthOf(2);
  });
});

async function sendByteByByte(socket: net.Socket, data: Buffer): Promise<void> {
  for (const byte of data) {
    socket.write(Buffer.of(byte));
    await setImmediate();
  }
}
