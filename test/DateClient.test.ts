import 'reflect-metadata';
import { expect } from 'chai';
import type * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { DateClient } from '../src/DateClient';
import { DateServer } from '../src/DateServer';
import type { RunOptions } from '../src/socket/SocketClient';
import { cleanUp } from './helpers/cleanUp';
import { FakeClock } from './helpers/FakeClock';
import { rejection } from './helpers/rejection';
import { setZone } from './helpers/setZone';
import { startBareServer } from './helpers/startBareServer';
import { startServer } from './helpers/startServer';

const DATE = '2026-11-23T23:50:44.123+11:00';

describe('DateClient', () => {
  afterEach(cleanUp);

  /** Asks a server that treats each question so. */
  async function ask(
    answer: (server: net.Socket, question: string) => unknown,
    options?: RunOptions,
  ): Promise<string> {
    const port = await startBareServer((server) => {
      server.setNoDelay(true);
      server.once('data', (data: Buffer) => answer(server, data.toString()));
    });
    return new DateClient('What time is it?').run({ host: '127.0.0.1', port }, options);
  }

  /** The reason why what this server does is refused. */
  async function failure(...server: Parameters<typeof ask>): Promise<Error & { code?: string }> {
    const error = await rejection(ask(...server));
    expect(error).to.be.instanceOf(Error);
    return error as Error;
  }

  for (const question of ['What time is it?', '', 'Wie spät? 🙂', 'x'.repeat(1024)]) {
    it(`gets the date of a DateServer for "${question.slice(0, 20)}"`, async () => {
      setZone('Australia/Sydney');
      const port = await startServer(new DateServer(new FakeClock()));

      const date = await new DateClient(question).run({ host: '127.0.0.1', port });

      expect(date).to.equal(DATE);
    });
  }

  it('asks its question in one line', async () => {
    let asked = '';

    await ask((server, question) => {
      asked = question;
      server.write(`${DATE}\n`);
    });

    expect(asked).to.equal('What time is it?\n');
  });

  describe('takes a date', () => {
    for (const [what, answer] of [
      ['in one piece', (server) => server.write(`${DATE}\n`)],
      ['byte by byte', (server) => sendByteByByte(server, `${DATE}\n`)],
      ['with a return before its newline', (server) => server.write(`${DATE}\r\n`)],
      ['that ends with the connection', (server) => server.end(DATE)],
      ['and leaves what comes after it', (server) => server.write(`${DATE}\nand more\n`)],
    ] as [string, (server: net.Socket) => unknown][]) {
      it(what, async () => {
        expect(await ask(answer)).to.equal(DATE);
      });
    }
  });

  describe('fails', () => {
    for (const [what, answer, code, reason] of [
      [
        'with EREMOTEIO, and what the server says, when that is an error',
        (server) => server.end('ERROR request could not be logged\n'),
        'EREMOTEIO',
        'ERROR request could not be logged',
      ],
      [
        'with EBADMSG when the reply is garbage',
        (server) => server.write(Buffer.of(0xff, 0x00, 0x1b, 0x0a)),
        'EBADMSG',
        'not a date',
      ],
      [
        'with EBADMSG when the reply is an empty line',
        (server) => server.write('\n'),
        'EBADMSG',
        'not a date',
      ],
      [
        'with EBADMSG when the server hangs up in the middle',
        (server) => server.end('2026-11-23T23:5'),
        'EBADMSG',
        'not a date',
      ],
      [
        'with EMSGSIZE when 1,025 bytes have come without a newline',
        (server) => server.write('x'.repeat(1025)),
        'EMSGSIZE',
        'reply longer than 1024 bytes',
      ],
      [
        'with EOF when the server closes without an answer',
        (server) => server.end(),
        'EOF',
        'closed the connection',
      ],
      [
        'with ECONNRESET when the server resets the connection',
        (server) => server.resetAndDestroy(),
        'ECONNRESET',
        'reset',
      ],
    ] as [string, (server: net.Socket) => unknown, string, string][]) {
      it(what, async () => {
        const error = await failure(answer);

        expect(error.code).to.equal(code);
        expect(error.message).to.include(reason);
      });
    }

    for (const [what, said] of [
      ['no word', ''],
      ['no more than half a date', '2026-11-23T23:5'],
      ['a date without its newline', DATE],
    ] as const) {
      it(`with ETIMEDOUT when the server says ${what}`, async () => {
        const { code } = await failure((server) => server.write(said), {
          limits: { timeout: 50 },
        });

        expect(code).to.equal('ETIMEDOUT');
      });
    }
  });
});

async function sendByteByByte(socket: net.Socket, text: string): Promise<void> {
  for (const byte of Buffer.from(text)) {
    socket.write(Buffer.of(byte));
    await setImmediate();
  }
}
