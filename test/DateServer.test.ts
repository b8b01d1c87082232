import 'reflect-metadata';
import { expect } from 'chai';
import { DateServer } from '../src/DateServer';
import { codeOf } from '../src/text/errno';
import { BareClient } from './helpers/BareClient';
import { cleanUp } from './helpers/cleanUp';
import { FakeClock } from './helpers/FakeClock';
import { FakeReport } from './helpers/FakeReport';
import { setZone } from './helpers/setZone';
import { startServer } from './helpers/startServer';

const DATE = '2026-11-23T23:50:44.123+11:00\n';
const TOO_LONG = 'ERROR request longer than 1024 bytes\n';
/** No pause, even of a slow machine, ends a request. */
const PATIENT = { silence: 60_000 };
/** A short silence ends one. */
const HASTY = { silence: 30 };

const byteByByte = (text: string) => [...Buffer.from(text)].map((byte) => Buffer.of(byte));

describe('DateServer', () => {
  beforeEach(() => {
    setZone('Australia/Sydney');
  });
  afterEach(cleanUp);

  const start = (limits = PATIENT, report = new FakeReport()) =>
    startServer(new DateServer(new FakeClock()), { limits, report });

  it('answers a question with the time of its clock in its own zone', async () => {
    const client = await BareClient.connect(await start());

    expect(await client.send('What time is it?\n').line()).to.equal(DATE);
  });

  it('sends nothing before it is asked, and answers each question', async () => {
    const client = await BareClient.connect(await start());

    await client.send('one\n').bytes(DATE.length);
    await client.send('two\n').bytes(2 * DATE.length);
    const all = await client.send('three\n').end().all();

    expect(String(all)).to.equal(DATE.repeat(3));
  });

  it("reads its clock, and the machine's zone, for each reply", async () => {
    const clock = new FakeClock();
    const client = await BareClient.connect(
      await startServer(new DateServer(clock), { limits: PATIENT }),
    );

    await client.send('in Sydney\n').line();
    setZone('Asia/Kolkata');
    clock.time.setMilliseconds(7);
    const all = await client.send('in Kolkata\n').end().all();

    expect(String(all)).to.equal(`${DATE}2026-11-23T18:20:44.007+05:30\n`);
  });

  it("answers with the clock's time even when that goes backwards", async () => {
    const times = [
      '2026-11-23T12:00:00.000Z',
      '2026-11-23T11:00:00.000Z',
      '1999-12-31T23:59:59.999Z',
    ];
    const clock = new FakeClock();
    const told: string[] = [];
    clock.now = () => new Date(times[told.length] ?? 0);
    const client = await BareClient.connect(await startServer(new DateServer(clock)));

    for (const time of times) {
      const all = await client.send('time?\n').lines(told.length + 1);
      told.push(all.at(-1) ?? '');
      expect(new Date(told.at(-1) ?? '').toISOString()).to.equal(time);
    }
  });

  describe('takes as one request', () => {
    for (const [what, pieces, replies] of [
      ['a line', [Buffer.from('now?\n')], 1],
      ['a line that comes byte by byte', byteByByte('What time is it?\n'), 1],
      ['each of many lines that come glued', [Buffer.from('a\nb\r\nc\nd\n')], 4],
      ['each of many lines that come byte by byte', byteByByte('a\nb\r\nc\nd\n'), 4],
      ['a line split inside a character', byteByByte('grüß 🙂\n'), 1],
      ['a line split inside its \\r\\n', [Buffer.from('now?\r'), Buffer.from('\n')], 1],
      ['what has no newline before end of file', [Buffer.from('a\nnow?')], 2],
      ['an empty line', [Buffer.from('\n')], 1],
      ['each of many empty lines', [Buffer.from('\n\r\n\n')], 3],
      ['what is not UTF-8', [Buffer.from([0xff, 0xc3, 0x28, 0x80, 0x0a])], 1],
      ['zeros', [Buffer.from('\0\0\n')], 1],
      ['1,024 bytes', [Buffer.from(`${'x'.repeat(1024)}\n`)], 1],
      ['1,024 bytes and \\r\\n', [Buffer.from(`${'x'.repeat(1024)}\r\n`)], 1],
      ['1,024 bytes and end of file', [Buffer.from('x'.repeat(1024))], 1],
      ['1,024 bytes that come byte by byte', byteByByte(`${'x'.repeat(1024)}\n`), 1],
      ['nothing before end of file, of which it takes none', [], 0],
    ] as const) {
      it(what, async () => {
        const client = await BareClient.connect(await start());

        const all = (await client.sendPieces(pieces)).end().all();

        expect(String(await all)).to.equal(DATE.repeat(replies));
      });
    }

    it('what has no newline before a silence', async () => {
      const client = await BareClient.connect(await start(HASTY));

      expect(await client.send('What time is it?').line()).to.equal(DATE);
      expect(String(await client.send('again').bytes(2 * DATE.length))).to.equal(DATE.repeat(2));
    });
  });

  describe('refuses a request that is too long', () => {
    for (const [what, request] of [
      ['1,025 bytes', 'x'.repeat(1025)],
      ['1,025 bytes and a newline', `${'x'.repeat(1025)}\n`],
      ['1,025 bytes and \\r\\n', `${'x'.repeat(1025)}\r\n`],
      ['1,025 bytes and no more than \\r', `${'x'.repeat(1025)}\r`],
      ['1,025 bytes, of fewer characters', 'ü'.repeat(512) + 'x\n'],
      ['500,000 bytes', 'x'.repeat(500_000)],
    ] as const) {
      it(`of ${what}, with one line and end of file`, async () => {
        const report = new FakeReport();
        const client = await BareClient.connect(await start(PATIENT, report));

        const all = await client.send(request).all();

        expect(String(all)).to.equal(TOO_LONG);
        expect(codeOf(report.problems[0])).to.equal('EMSGSIZE');
      });
    }

    it('and takes what still comes after its end of file, without a reset', async () => {
      const client = await BareClient.connect(await start());

      await client.send('x'.repeat(2000)).all();
      await client.sendPieces([Buffer.alloc(50_000), Buffer.alloc(50_000)]);
      await client.end().closed();

      expect(client.received).to.equal(TOO_LONG);
    });

    it('after it has answered those before it, and reads none after it', async () => {
      const client = await BareClient.connect(await start());

      const all = await client.send(`first\n${'x'.repeat(1025)}\nlast\n`).all();

      expect(String(all)).to.equal(DATE + TOO_LONG);
    });

    it('and disturbs no other connection', async () => {
      const port = await start();
      const other = await BareClient.connect(port);
      await other.send('half a que').sendPieces([]);

      const client = await BareClient.connect(port);
      await client.send('x'.repeat(1025)).all();

      expect(await other.send('stion\n').line()).to.equal(DATE);
      const late = await BareClient.connect(port);
      expect(await late.send('late\n').line()).to.equal(DATE);
    });
  });

  it('answers many clients at the same time', async () => {
    const port = await start();
    const clients = await Promise.all(Array.from({ length: 50 }, () => BareClient.connect(port)));

    const replies = await Promise.all(clients.map((client) => client.send('now?\n').line()));

    expect(replies).to.deep.equal(clients.map(() => DATE));
  });
});
