import { expect } from 'chai';
import { EventEmitter, once } from 'node:events';
import { EchoServer } from '../../src/EchoServer';
import type { Address } from '../../src/socket/Address';
import { type Datagram, DatagramSocket } from '../../src/udp/DatagramSocket';
import { type DatagramReport, DatagramServer, refuse } from '../../src/udp/DatagramServer';
import { PeerLimit } from '../../src/udp/PeerLimit';
import { UdpDateServer } from '../../src/udp/UdpDateServer';
import { UdpEchoClient } from '../../src/udp/UdpEchoClient';
import { UdpEchoServer } from '../../src/udp/UdpEchoServer';
import { BareClient } from '../helpers/BareClient';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { ask, openDatagramSocket, startDatagramServer } from '../helpers/datagrams';
import { FakeClock } from '../helpers/FakeClock';
import { rejection } from '../helpers/rejection';
import { startServer } from '../helpers/startServer';
import { itOnLinux } from '../helpers/itOnLinux';
import { LONGEST } from '../helpers/longestDatagram';

const HOST = '127.0.0.1';

/** Remembers what it has heard of. */
class FakeDatagramReport implements DatagramReport {
  readonly datagrams: Datagram[] = [];
  readonly problems: unknown[] = [];
  readonly news = new EventEmitter();

  received(datagram: Datagram): void {
    this.datagrams.push(datagram);
  }

  problem(error: unknown): void {
    this.problems.push(error);
    this.news.emit('problem');
  }
}

/** Answers as a test says. */
class TestServer extends DatagramServer {
  constructor(
    private readonly reply: (datagram: Datagram, socket: DatagramSocket) => Promise<void>,
  ) {
    super();
  }

  protected answer(datagram: Datagram, socket: DatagramSocket): Promise<void> {
    return this.reply(datagram, socket);
  }
}

describe('UdpEchoServer', () => {
  afterEach(cleanUp);

  it('sends every datagram back, also an empty one, and every byte', async () => {
    const server = await startDatagramServer(new UdpEchoServer());
    const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

    expect(String(await ask(server, 'Hello, world'))).to.equal('Hello, world');
    expect(await ask(server, '')).to.have.length(0);
    expect((await ask(server, every)).equals(every)).to.equal(true);
    expect(await ask(server, Buffer.alloc(LONGEST, 'x'))).to.have.length(LONGEST);
  });

  it('answers each client at its own address, even if others ask in between', async () => {
    const server = await startDatagramServer(new UdpEchoServer());
    const clients = await Promise.all(Array.from({ length: 20 }, () => openDatagramSocket()));

    await Promise.all(
      clients.map(({ socket }, index) => socket.sendto(Buffer.from(`client ${index}`), server)),
    );

    const answers = await Promise.all(clients.map(({ socket }) => socket.recvfrom()));
    expect(answers.map(({ data }) => String(data))).to.deep.equal(
      clients.map((_, index) => `client ${index}`),
    );
  });

  it('has a port with the same number as its TCP twin: these are two different ports', async () => {
    const port = await startServer(new EchoServer());
    const udp = new UdpEchoServer();
    afterwards(() => udp.stop());

    await udp.start({ host: HOST, port });

    expect(String(await ask({ host: HOST, port }, 'over UDP'))).to.equal('over UDP');
    const client = await BareClient.connect(port);
    expect(String(await client.send('over TCP').end().all())).to.equal('over TCP');
  });

  it('still serves after 50,000 datagrams without a receiver', async function () {
    this.timeout(60_000);
    const report = new FakeDatagramReport();
    const server = await startDatagramServer(new UdpEchoServer(), { report });
    const { socket: flooder } = await openDatagramSocket();
    const before = process.memoryUsage().rss;

    const data = Buffer.alloc(512);
    for (let sent = 0; sent < 50_000; sent += 100) {
      await Promise.all(Array.from({ length: 100 }, () => flooder.sendto(data, server)));
    }

    // The first of these may be lost: the system's buffer for the server is full.
    const client = new UdpEchoClient('still there?');
    expect(await client.run(server, { limits: { tries: 100 } })).to.equal('still there?');
    // It goes on without a pause: after a while it is not answered.
    for (const problem of report.problems) expect(problem).to.include({ code: 'EPERM' });
    expect(flooder.unread).to.be.at.most(256);
    // 50,000 of them kept would be 25 MB of bytes alone, and as much again around them.
    expect((process.memoryUsage().rss - before) / 1024 / 1024).to.be.below(100);
  });
});

const FORGED = Buffer.from('forged');

/** An echo server that sends the first datagram itself, as if its sender had been forged. */
class ForgedEchoServer extends UdpEchoServer {
  other: Address | undefined;

  protected override async answer(datagram: Datagram, socket: DatagramSocket): Promise<void> {
    const { other } = this;
    this.other = undefined;
    if (other) await socket.sendto(FORGED, other);
    else await super.answer(datagram, socket);
  }
}

describe('Two servers that a forged datagram has set on each other', () => {
  afterEach(cleanUp);

  for (const [name, create] of [
    ['an echo server and an echo server', () => new UdpEchoServer()],
    ['an echo server and a date server', () => new UdpDateServer(new FakeClock())],
  ] as [string, () => DatagramServer][]) {
    it(`end, and the server goes on: ${name}`, async function () {
      this.timeout(60_000);
      const reports = [new FakeDatagramReport(), new FakeDatagramReport()] as const;
      const one = new ForgedEchoServer();
      const address = await startDatagramServer(one, { report: reports[0] });
      const otherAddress = await startDatagramServer(create(), { report: reports[1] });
      one.other = otherAddress;
      const refused = Promise.race(reports.map(({ news }) => once(news, 'problem')));
      const { socket } = await openDatagramSocket();
      await socket.sendto(Buffer.from('begin'), address);

      await refused;

      expect(reports.flatMap(({ problems }) => problems)).to.have.length(1);
      expect(reports.flatMap(({ problems }) => problems)[0]).to.include({ code: 'EPERM' });
      const count = () => reports.reduce((sum, { datagrams }) => sum + datagrams.length, 0);
      const before = count();
      expect(String(await ask(address, 'still there?'))).to.equal('still there?');
      await ask(otherAddress, 'and you?');
      expect(count()).to.equal(before + 2);
    });
  }
});

describe('PeerLimit', () => {
  const peer = { host: '192.0.2.7', port: 53344 };

  it('refuses a peer that goes on without a pause, and none of the others', () => {
    const limit = new PeerLimit(() => 0);
    for (let count = 0; count < 5000; count++) expect(limit.allows(peer)).to.equal(true);

    expect(limit.allows(peer)).to.equal(false);
    expect(limit.allows({ ...peer, port: 53345 })).to.equal(true);
  });

  it('answers it again after a pause, and only then', () => {
    let now = 0;
    const limit = new PeerLimit(() => now);
    for (let count = 0; count < 5001; count++) limit.allows(peer);

    now += 9_999;
    expect(limit.allows(peer)).to.equal(false);
    now += 10_000;
    expect(limit.allows(peer)).to.equal(true);
  });

  it('remembers at most 4,096 peers', () => {
    const limit = new PeerLimit(() => 0);
    for (let count = 0; count < 5001; count++) limit.allows(peer);
    for (let port = 1; port <= 4095; port++) limit.allows({ host: '192.0.2.8', port });
    expect(limit.allows(peer)).to.equal(false);

    for (let port = 1; port <= 4096; port++) limit.allows({ host: '192.0.2.9', port });
    expect(limit.allows(peer)).to.equal(true);
  });
});

describe('UdpDateServer', () => {
  afterEach(cleanUp);

  it('answers whatever it is asked, with the time of its clock', async () => {
    const clock = new FakeClock(new Date('2026-11-23T12:50:44.123Z'));
    const server = await startDatagramServer(new UdpDateServer(clock));

    for (const question of ['What time is it?', '', 'no newline', 'two\nlines\n']) {
      const answer = String(await ask(server, question));
      expect(answer).to.match(/^\S+\n$/);
      expect(new Date(answer.trimEnd())).to.deep.equal(clock.now());
    }
  });
});

describe('DatagramServer', () => {
  afterEach(cleanUp);

  it('reports an error in an answer, and goes on with others', async () => {
    const report = new FakeDatagramReport();
    const broken = new Error('it broke');
    const server = new TestServer(async ({ data, peer }, socket) => {
      if (String(data) === 'break') throw broken;
      await socket.sendto(data, peer);
    });
    const address = await startDatagramServer(server, { report });
    const { socket } = await openDatagramSocket();

    await socket.sendto(Buffer.from('break'), address);

    expect(String(await ask(address, 'go on'))).to.equal('go on');
    expect(report.problems).to.deep.equal([broken]);
    expect(report.datagrams.map(({ data }) => String(data))).to.deep.equal(['break', 'go on']);
  });

  it('is not harmed by clients that have gone, nor by answers that can not be sent', async () => {
    const report = new FakeDatagramReport();
    const server = new TestServer(async ({ data, peer }, socket) => {
      await socket.sendto(String(data) === 'too much' ? Buffer.alloc(70_000) : data, peer);
    });
    const address = await startDatagramServer(server, { report });

    for (const text of ['bye', 'too much', 'bye']) {
      const { socket } = await openDatagramSocket();
      await socket.sendto(Buffer.from(text), address);
      await socket.close(); // the answer finds the port closed
    }

    expect(String(await ask(address, 'still there?'))).to.equal('still there?');
    expect(report.problems).to.have.length(1);
    expect(report.problems[0]).to.include({ call: 'sendto', code: 'EMSGSIZE' });
  });

  it('is not harmed by a report that throws', async () => {
    const address = await startDatagramServer(new UdpEchoServer(), {
      report: {
        received() {
          throw new Error('of no use');
        },
      },
    });

    expect(String(await ask(address, 'one'))).to.equal('one');
    expect(String(await ask(address, 'two'))).to.equal('two');
  });

  itOnLinux(
    '127.0.0.2',
    'does not answer one that has its own port number: two servers would go on for ever',
    async () => {
      const report = new FakeDatagramReport();
      const { port } = await startDatagramServer(new UdpEchoServer(), { report });
      await using other = new DatagramSocket();
      await other.bind({ host: '127.0.0.2', port }); // another host of this network, the same port

      await other.sendto(Buffer.from('ping'), { host: HOST, port });
      await once(report.news, 'problem');

      expect(other.unread).to.equal(0);
      expect(report.datagrams).to.deep.equal([]);
      expect(report.problems[0]).to.include({ call: 'sendto', code: 'EPERM' });
    },
  );

  it('does not answer one from a reserved port', async () => {
    const report = new FakeDatagramReport();
    const address = await startDatagramServer(new UdpEchoServer(), { report });
    await using reserved = new DatagramSocket();
    try {
      await reserved.bind({ host: HOST, port: 1023 });
    } catch (error) {
      console.log(`left out, because this user may not use a reserved port: ${String(error)}`);
      return;
    }

    await reserved.sendto(Buffer.from('ping'), address);
    await once(report.news, 'problem');

    expect(report.problems[0]).to.include({ call: 'sendto', code: 'EPERM' });
    expect(report.datagrams).to.deep.equal([]);
    expect(String(await ask(address, 'still there?'))).to.equal('still there?');
  });

  const local: Address = { host: HOST, port: 6015 };
  const senders: [host: string, port: number, words: string | undefined][] = [
    ['127.0.0.1', 1024, undefined],
    ['192.0.2.7', 53_344, undefined],
    ['2001:db8::1', 53_344, undefined],
    ['127.0.0.1', 1023, 'below 1024'],
    ['192.0.2.7', 7, 'below 1024'],
    ['192.0.2.7', 0, 'below 1024'],
    ['127.0.0.1', 6015, 'the same as ours'],
    ['224.0.0.1', 53_344, 'a group'],
    ['239.255.60.15', 53_344, 'a group'],
    ['255.255.255.255', 53_344, 'a group'],
    ['ff02::1', 53_344, 'a group'],
    ['223.255.255.1', 53_344, undefined],
    ['22.4.0.1', 53_344, undefined],
  ];
  for (const [host, port, words] of senders) {
    it(`${words === undefined ? 'answers' : 'does not answer'} ${host} from port ${port}`, () => {
      const check = () => {
        refuse({ host, port }, local);
      };

      if (words === undefined) expect(check).not.to.throw();
      else expect(check).to.throw(words);
    });
  }

  describe('in every order of calls', () => {
    it('starts once', async () => {
      const server = new UdpEchoServer();
      await startDatagramServer(server);

      const error = await rejection(server.start({ host: HOST, port: 0 }));

      expect(String(error)).to.equal('Error: start() again: a server can be started only once');
    });

    it('may be tried on another port after one that is taken', async () => {
      const taken = await startDatagramServer(new UdpEchoServer());
      const server = new UdpEchoServer();

      const error = await rejection(server.start(taken));

      expect(error).to.include({ call: 'bind', code: 'EADDRINUSE' });
      expect(String(await ask(await startDatagramServer(server), 'hi'))).to.equal('hi');
    });

    it('does not start after stop, or when it is stopped meanwhile', async () => {
      const stopped = new UdpEchoServer();
      await stopped.stop();
      expect(String(await rejection(stopped.start({ host: HOST, port: 0 })))).to.contain(
        'after stop()',
      );

      const server = new UdpEchoServer();
      const start = rejection(server.start({ host: HOST, port: 0 }));
      await server.stop();
      expect(String(await start)).to.contain('stop() before the server had started');
    });

    it('gives its port back', async () => {
      const server = new UdpEchoServer();
      const address = await startDatagramServer(server);

      await server.stop();
      await server.stop(); // twice is harmless

      const next = new UdpEchoServer();
      afterwards(() => next.stop());
      expect(await next.start(address)).to.deep.equal(address);
    });
  });
});
