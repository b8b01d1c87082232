import { expect } from 'chai';
import * as fc from 'fast-check';
import {
  errorLine,
  type MessageLimits,
  Messages,
  type MessageSocket,
  MessageTooLong,
} from '../../src/socket/Messages';
import { UnexpectedReply } from '../../src/socket/UnexpectedReply';
import { rejection } from '../helpers/rejection';

const LIMITS: MessageLimits = { silence: 100, idleTimeout: 60_000 };
const SILENCE = Symbol('silence');

/** Gives its segments one by one, then end of file; where a silence stands, `poll` runs out of time. */
class FakeSocket implements MessageSocket {
  readonly peer = { host: '127.0.0.1', port: 12345 };
  readonly #segments: (Buffer | typeof SILENCE)[];
  readonly polled: number[] = [];
  sent = '';

  constructor(...segments: (string | Uint8Array | typeof SILENCE)[]) {
    this.#segments = segments.map((segment) =>
      segment === SILENCE ? SILENCE : Buffer.from(segment),
    );
  }

  recv(size: number): Promise<Buffer> {
    expect(size).to.be.greaterThan(0);
    let segment = this.#segments.shift();
    while (segment === SILENCE) segment = this.#segments.shift();
    if (segment && segment.length > size) this.#segments.unshift(segment.subarray(size));
    return Promise.resolve(segment?.subarray(0, size) ?? Buffer.alloc(0));
  }

  sendall(data: Uint8Array): Promise<void> {
    this.sent += Buffer.from(data).toString();
    return Promise.resolve();
  }

  poll(ms: number): Promise<boolean> {
    this.polled.push(ms);
    return Promise.resolve(this.#segments[0] !== SILENCE);
  }
}

async function messages(socket: MessageSocket, limits = LIMITS): Promise<string[]> {
  const reader = new Messages(socket, limits);
  const found: string[] = [];
  for (;;) {
    const message = await reader.next();
    if (message === undefined) return found;
    found.push(message);
  }
}

describe('Messages', () => {
  const framings: [
    condition: string,
    segments: (string | Buffer | typeof SILENCE)[],
    found: string[],
  ][] = [
    ['ends a message at a newline', ['time?\n'], ['time?']],
    ['drops a return before the newline', ['time?\r\n'], ['time?']],
    ['keeps a return that is not before the newline', ['a\rb\r\r\n'], ['a\rb\r']],
    ['keeps a return at end of file', ['a\r'], ['a\r']],
    ['finds glued messages', ['one\ntwo\r\nthree\n'], ['one', 'two', 'three']],
    ['puts a message together byte by byte', 'time?\nnow?\r\n'.split(/(?:)/), ['time?', 'now?']],
    ['puts a return and a newline together', ['one\r', '\ntwo\n'], ['one', 'two']],
    ['ends a message at end of file', ['one\ntwo'], ['one', 'two']],
    ['finds nothing where nothing was sent', [], []],
    ['takes an empty line for an empty message', ['\n\r\n'], ['', '']],
    [
      'ends a message without a newline at silence',
      ['time?', SILENCE, 'now?', SILENCE],
      ['time?', 'now?'],
    ],
    ['does not end a message while more is coming', ['ti', 'me?', SILENCE], ['time?']],
    [
      'puts together a character cut in two',
      [
        Buffer.from('größe 👩\n').subarray(0, 3),
        Buffer.from('größe 👩\n').subarray(3, 10),
        Buffer.from('größe 👩\n').subarray(10),
      ],
      ['größe 👩'],
    ],
    ['replaces what is not UTF-8', [Buffer.from([0x61, 0xff, 0x62, 0x0a])], ['a\ufffdb']],
    [
      'takes the longest message',
      [`${'x'.repeat(1024)}\n${'y'.repeat(1024)}\r\n`],
      ['x'.repeat(1024), 'y'.repeat(1024)],
    ],
    [
      'takes the longest message with a return, and its newline apart',
      [`${'x'.repeat(1024)}\r`, '\nnext\n'],
      ['x'.repeat(1024), 'next'],
    ],
    ['takes the longest message at silence', ['x'.repeat(1024), SILENCE], ['x'.repeat(1024)]],
  ];
  for (const [condition, segments, found] of framings) {
    it(condition, async () => {
      expect(await messages(new FakeSocket(...segments))).to.deep.equal(found);
    });
  }

  const tooLong: [condition: string, segments: (string | typeof SILENCE)[]][] = [
    ['with a newline', [`${'x'.repeat(1025)}\n`]],
    ['with a return and a newline', [`${'x'.repeat(1025)}\r\n`]],
    ['without an end', ['x'.repeat(5000)]],
    ['byte by byte', 'x'.repeat(1025).split(/(?:)/)],
    ['with a return at silence', [`${'x'.repeat(1024)}\r`, SILENCE]],
    ['with a return at end of file', [`${'x'.repeat(1024)}\r`]],
    ['with a return before something else', [`${'x'.repeat(1024)}\r`, 'y\n']],
  ];
  for (const [condition, segments] of tooLong) {
    it(`refuses a message of 1,025 bytes ${condition}, but not the one before it`, async () => {
      const reader = new Messages(new FakeSocket('good\n', ...segments), LIMITS);

      expect(await reader.next()).to.equal('good');
      const error = await rejection(reader.next());

      expect(error).to.be.instanceOf(MessageTooLong);
      expect((error as MessageTooLong).reply).to.equal('request longer than 1024 bytes');
      expect(String(error)).to.equal(
        'MessageTooLong: 127.0.0.1:12345 sent a message longer than 1024 bytes',
      );
    });
  }

  it('does not wait for the end of a message that can only be too long', async () => {
    const source = new FakeSocket(`${'x'.repeat(1025)}\r`, SILENCE);

    expect(await rejection(messages(source))).to.be.instanceOf(MessageTooLong);
    expect(source.polled).to.deep.equal([]);
  });

  it('waits for the rest no longer than the silence', async () => {
    const source = new FakeSocket('time?', SILENCE);

    await messages(source);

    expect(source.polled).to.deep.equal([100]);
  });

  it('gives up a message that trickles in for too long', async () => {
    const source = new FakeSocket('t', 'i', 'm', 'e');

    const error = await rejection(messages(source, { ...LIMITS, idleTimeout: 0 }));

    expect(error).to.have.property('code', 'ETIMEDOUT');
    expect(error).to.have.property('message').that.contains('the message was not complete');
  });

  it('gives up a reply that stays incomplete, since silence does not end one', async () => {
    const error = await rejection(messages(new FakeSocket('2026-', SILENCE), { idleTimeout: 50 }));

    expect(error).to.include({ call: 'recv', code: 'ETIMEDOUT' });
    expect(error).to.have.property('message').that.contains('not complete after 0.05 s');
  });

  it('sends a message with the newline that ends it', async () => {
    const socket = new FakeSocket();

    await new Messages(socket).send('größe 👩');
    await new Messages(socket).send('');

    expect(socket.sent).to.equal('größe 👩\n\n');
  });

  it('sends only text', async () => {
    const socket = new FakeSocket();

    const error = await rejection(new Messages(socket).send(42 as unknown as string));

    expect(error).to.include({ call: 'sendall', code: 'EINVAL' });
    expect(error).to.have.property('message').that.contains('a message is a text, not ');
    expect(socket.sent).to.equal('');
  });

  it('lets other sockets have a turn when many messages have come together', async () => {
    const reader = new Messages(new FakeSocket('question\n'.repeat(100)));
    let isOthersTurn = false;
    setImmediate(() => (isOthersTurn = true));

    for (let read = 0; read < 10; read++) await reader.next();
    expect(isOthersTurn).to.equal(false);

    for (let read = 0; read < 50; read++) await reader.next();
    expect(isOthersTurn).to.equal(true);
  });

  describe('as a client receives them', () => {
    const reply = (...segments: string[]) => new Messages(new FakeSocket(...segments)).reply();

    it('are the replies without their newlines', async () => {
      expect(await reply('noon', '\n')).to.equal('noon');
      expect(await reply('ERRORS there are none\n')).to.equal('ERRORS there are none');
    });

    for (const [what, segments, code, words] of [
      ['end of file', [], 'EOF', 'closed the connection before its reply was complete'],
      ['an error line', ['ERROR no clock\n'], 'EREMOTEIO', 'answered: ERROR no clock'],
      ['1,025 bytes', ['x'.repeat(1025)], 'EMSGSIZE', 'sent a reply longer than 1024 bytes'],
    ] as const) {
      it(`are no reply when it is ${what}`, async () => {
        const error = await rejection(reply(...segments));

        expect(error).to.be.instanceOf(UnexpectedReply);
        expect(error).to.have.property('code', code);
        expect(error).to.have.property('message', `the server at 127.0.0.1:12345 ${words}`);
      });
    }
  });

  it('have an error line for an error that has a reply, and for no other', () => {
    expect(errorLine(Object.assign(new Error('x'), { reply: 'no clock' }))).to.equal(
      'ERROR no clock\n',
    );
    for (const error of [new Error('x'), 'text', undefined, { reply: 'x' }]) {
      expect(errorLine(error)).to.equal(undefined);
    }
  });

  it('gives the same messages, wherever the stream is cut', async () => {
    const message = fc
      .string({ unit: 'binary', maxLength: 200 })
      .map((text) => Buffer.from(text.replace(/[\r\n]/g, ' ')).toString());
    const line = fc.tuple(message, fc.constantFrom('\n', '\r\n'));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
        const stream = Buffer.from(lines.flat().join(''));

        const found = await messages(new FakeSocket(...cut(stream, cuts)));

        expect(found).to.deep.equal(lines.map(([text]) => text));
      }),
    );
  });
});

/** The stream in segments that end at these places. */
function cut(stream: Buffer, places: number[]): Buffer[] {
  const ends = places.map((place) => place % (stream.length + 1)).sort((a, b) => a - b);
  const starts = [0, ...ends];
  return starts
    .map((start, index) => stream.subarray(start, ends[index]))
    .filter((segment) => segment.length > 0);
}
