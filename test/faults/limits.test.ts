import { expect } from 'chai';
import { DateServer } from '../../src/DateServer';
import { EchoServer } from '../../src/EchoServer';
import { BareClient } from '../helpers/BareClient';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { FakeClock } from '../helpers/FakeClock';
import { FakeReport } from '../helpers/FakeReport';
import { Program } from '../helpers/Program';
import { rejection } from '../helpers/rejection';
import { startServer } from '../helpers/startServer';

const LONG = 60_000; // ms

describe('The limits of a server', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('--max-connections: one more is closed, the others notice nothing, a free place is taken', async () => {
    const server = Program.lab('EchoServer', ['--port', '0', '--max-connections', '2', '--quiet']);
    const port = await server.listening();
    const [first, second] = [await BareClient.connect(port), await BareClient.connect(port)];
    await Promise.all([first.send('1').bytes(1), second.send('2').bytes(1)]);

    const extra = await BareClient.connect(port);

    expect(String(await extra.all())).to.equal('');
    await server.printed(/accept\(.*\) failed: 2 connections are open, and no more are accepted\n/);
    expect(String(await second.send('!').bytes(2))).to.equal('2!');
    await first.end().all();
    expect(String(await (await BareClient.connect(port)).send('3').bytes(1))).to.equal('3');
  });

  it('--idle-timeout: a connection on which nothing moves is closed', async () => {
    const server = Program.lab('DateServer', ['--port', '0', '--idle-timeout', '0.1', '--quiet']);
    const silent = await BareClient.connect(await server.listening());

    expect(String(await silent.all())).to.equal('');
    await server.printed(/nothing was sent or received for 0.1 s/);
  });

  it('idle timeout: a request that trickles in forever is given up', async () => {
    const report = new FakeReport();
    const limits = { idleTimeout: 150, silence: LONG };
    const server = new DateServer(new FakeClock());
    const client = await BareClient.connect(await startServer(server, { limits, report }));

    const trickle = setInterval(() => client.send('x'), 10);
    afterwards(() => {
      clearInterval(trickle);
    });

    expect(await report.firstProblem())
      .to.have.property('message')
      .that.contains('not complete');
    await client.all().catch(() => undefined); // end of file or a reset
    expect(client.received).to.equal('');
  });

  it('idle timeout: a client that takes nothing off the server counts as silent', async () => {
    const report = new FakeReport();
    const port = await startServer(new EchoServer(), { limits: { idleTimeout: 150 }, report });
    const client = await BareClient.connect(port);

    client.pause().send(Buffer.alloc(64 * 1024 * 1024));

    expect(await report.firstProblem()).to.have.property('code', 'ETIMEDOUT');
    await rejection(client.resume().all());
  });
});
