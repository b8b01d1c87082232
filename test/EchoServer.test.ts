import { expect } from 'chai';
import { randomBytes } from 'node:crypto';
import { EchoServer } from '../src/EchoServer';
import { codeOf } from '../src/text/errno';
import { BareClient } from './helpers/BareClient';
import { cleanUp } from './helpers/cleanUp';
import { FakeReport } from './helpers/FakeReport';
import { startServer } from './helpers/startServer';

describe('EchoServer', () => {
  afterEach(cleanUp);

  it('sends back what it receives, as often as it receives something', async () => {
    const client = await BareClient.connect(await startServer(new EchoServer()));

    expect((await client.send('Hello, ').bytes(7)).toString()).to.equal('Hello, ');
    expect((await client.send('world').bytes(12)).toString()).to.equal('Hello, world');
  });

  it('changes no byte, whatever its value', async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const client = await BareClient.connect(await startServer(new EchoServer()));

    const echo = await client.send(every).end().all();

    expect(echo.equals(every)).to.be.true;
  });

  it('sends back 5 MB whole to a client that has sent its end of file', async () => {
    const data = randomBytes(5_000_000);
    const client = await BareClient.connect(await startServer(new EchoServer()));

    const echo = await client.send(data).end().all();

    expect(echo.equals(data)).to.be.true;
  });

  it('sends nothing to a client that sends nothing', async () => {
    const report = new FakeReport();
    const client = await BareClient.connect(await startServer(new EchoServer(), { report }));

    expect((await client.end().all()).length).to.equal(0);
    expect(report.problems).to.deep.equal([]); // it does not call recv() again after end of file
  });

  it('gives each of 100 clients its own bytes, while all are connected', async () => {
    const port = await startServer(new EchoServer());
    const clients = await Promise.all(Array.from({ length: 100 }, () => BareClient.connect(port)));

    for (const [index, client] of clients.entries()) client.send(`I am ${index}.\n`);
    const first = await Promise.all(clients.map((client) => client.line()));
    for (const client of clients) client.send('Bye.').end();
    const echoes = await Promise.all(clients.map((client) => client.all()));

    expect(first).to.deep.equal(clients.map((_, index) => `I am ${index}.\n`));
    expect(echoes.map(String)).to.deep.equal(clients.map((_, index) => `I am ${index}.\nBye.`));
  });

  it('still serves after a client has reset its connection', async () => {
    const report = new FakeReport();
    const port = await startServer(new EchoServer(), { report });
    const other = await BareClient.connect(port);
    await other.send('before').bytes(6);

    const resetting = await BareClient.connect(port);
    await resetting.send('reset me').bytes(4);
    resetting.reset();
    const problem = await report.firstProblem();

    expect(codeOf(problem)).to.equal('ECONNRESET');
    expect(String(await other.send(', after').end().all())).to.equal('before, after');
    const late = await BareClient.connect(port);
    expect(String(await late.send('late').end().all())).to.equal('late');
  });

  it('closes a connection that is silent for too long', async () => {
    const report = new FakeReport();
    const port = await startServer(new EchoServer(), { limits: { idleTimeout: 50 }, report });
    const client = await BareClient.connect(port);

    await client.all();

    expect(codeOf(await report.firstProblem())).to.equal('ETIMEDOUT');
  });
});
