import 'reflect-metadata';
import { expect } from 'chai';
import fc from 'fast-check';
import { DateServer } from '../src/DateServer';
import { LoggingDateServer } from '../src/LoggingDateServer';
import { RequestNotLogged } from '../src/services/RequestLogger';
import { SocketServer } from '../src/socket/SocketServer';
import { BareClient } from './helpers/BareClient';
import { cleanUp } from './helpers/cleanUp';
import { FakeClock } from './helpers/FakeClock';
import { FakeLogger } from './helpers/FakeLogger';
import { FakeReport } from './helpers/FakeReport';
import { setZone } from './helpers/setZone';
import { startServer } from './helpers/startServer';

const DATE = '2026-11-23T23:50:44.123+11:00\n';
const NOT_LOGGED = 'ERROR request could not be logged\n';
/** No pause, even of a slow machine, ends a request. */
const PATIENT = { silence: 60_000 };

describe('LoggingDateServer', () => {
  beforeEach(() => {
    setZone('Australia/Sydney');
  });
  afterEach(cleanUp);

  const start = (logger: FakeLogger, report = new FakeReport()) =>
    startServer(new LoggingDateServer(new FakeClock(), logger), { limits: PATIENT, report });

  it('is a DateServer, which is a SocketServer', () => {
    const server = new LoggingDateServer(new FakeClock(), new FakeLogger());

    expect(server).to.be.instanceOf(DateServer).and.to.be.instanceOf(SocketServer);
  });

  it("logs a request with its client's address, and answers as a DateServer does", async () => {
    const logger = new FakeLogger();
    const client = await BareClient.connect(await start(logger));

    const reply = await client.send('What time is it?\r\n').line();

    expect(reply).to.equal(DATE);
    expect(logger.logged).to.deep.equal([{ request: 'What time is it?', client: client.address }]);
  });

  it('logs an empty request, and none of a client that sends no byte', async () => {
    const logger = new FakeLogger();
    const port = await start(logger);

    await (await BareClient.connect(port)).end().all();
    const all = await (await BareClient.connect(port)).send('\n').end().all();

    expect(String(all)).to.equal(DATE);
    expect(logger.requests).to.deep.equal(['']);
  });

  it('logs replacement characters for bytes that are not UTF-8', async () => {
    const logger = new FakeLogger();
    const client = await BareClient.connect(await start(logger));

    const reply = await client.send(Buffer.from([0x61, 0xff, 0x62, 0xe4, 0xbd, 0x0a])).line();

    expect(reply).to.equal(DATE);
    expect(logger.requests).to.deep.equal(['a\ufffdb\ufffd']);
  });

  it('logs nothing of a request that is too long', async () => {
    const logger = new FakeLogger();
    const client = await BareClient.connect(await start(logger));

    const all = await client.send(`${'x'.repeat(1025)}\n`).all();

    expect(String(all)).to.equal('ERROR request longer than 1024 bytes\n');
    expect(logger.requests).to.deep.equal([]);
  });

  it('sends the date only after the request is stored, and holds up no other client', async () => {
    let store: () => void = () => undefined;
    const stored = new Promise<void>((resolve) => (store = resolve));
    let noticeSlow: () => void = () => undefined;
    const slowIsBeingLogged = new Promise<void>((resolve) => (noticeSlow = resolve));
    const logger = new FakeLogger((request) => {
      if (request !== 'slow') return undefined;
      noticeSlow();
      return stored;
    });
    const port = await start(logger);
    const client = await BareClient.connect(port);
    const other = await BareClient.connect(port);

    client.send('slow\n');
    await slowIsBeingLogged;
    const otherReply = await other.send('quick\n').line();
    const receivedBefore = client.received;
    store();
    const reply = await client.line();

    expect(otherReply).to.equal(DATE);
    expect(receivedBefore, 'received before the request was stored').to.equal('');
    expect(reply).to.equal(DATE);
  });

  it('answers one request of a client after the other, however long they take to store', async () => {
    const order: string[] = [];
    const logger = new FakeLogger(async (request) => {
      order.push(`begins ${request}`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`has ${request}`);
    });
    const client = await BareClient.connect(await start(logger));

    const all = await client.send('one\ntwo\n').end().all();

    expect(String(all)).to.equal(DATE.repeat(2));
    expect(order).to.deep.equal(['begins one', 'has one', 'begins two', 'has two']);
  });

  describe('when a request can not be logged', () => {
    const reason = new RequestNotLogged('the disk is full', 'ENOSPC');
    const failing = () =>
      new FakeLogger((request) => (request === 'lost' ? Promise.reject(reason) : undefined));

    it('reports that to the client instead of the date, and closes', async () => {
      const client = await BareClient.connect(await start(failing()));

      const all = await client.send('kept\nlost\nnever read\n').all();

      expect(String(all)).to.equal(DATE + NOT_LOGGED);
    });

    it('reports the reason', async () => {
      const report = new FakeReport();
      const client = await BareClient.connect(await start(failing(), report));

      await client.send('lost\n').all();

      expect(report.problems).to.deep.equal([reason]);
    });

    it('goes on with other clients, and with later ones', async () => {
      const port = await start(failing());
      const other = await BareClient.connect(port);
      await other.send('before\n').line();

      await (await BareClient.connect(port)).send('lost\n').all();
      const late = await BareClient.connect(port);

      expect(String(await other.send('after\n').end().all())).to.equal(DATE.repeat(2));
      expect(await late.send('late\n').line()).to.equal(DATE);
    });
  });

  it('finds the same requests however the bytes are split', async () => {
    const logger = new FakeLogger();
    const port = await start(logger);
    const request = fc.string({
      unit: fc.constantFrom('a', ' ', '"', '\\', '\0', '\t', 'ü', '你', '🙂'),
      maxLength: 12,
    });
    const newline = fc.constantFrom('\n', '\r\n');

    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(request, newline), { maxLength: 6 }),
        request,
        fc.array(fc.nat({ max: 200 }), { maxLength: 8 }),
        async (lines, last, cuts) => {
          const bytes = Buffer.from(lines.flat().join('') + last);
          const expected = [...lines.map(([text]) => text), ...(last === '' ? [] : [last])];
          const before = logger.requests.length;

          const client = await BareClient.connect(port);
          const all = (await client.sendPieces(split(bytes, cuts))).end().all();

          expect(String(await all)).to.equal(DATE.repeat(expected.length));
          expect(logger.requests.slice(before)).to.deep.equal(expected);
        },
      ),
      { numRuns: 60 },
    );
  });
});

/** The bytes cut into pieces at these places. */
function split(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length];
  places.sort((one, other) => one - other);
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end));
}
