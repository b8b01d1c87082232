import { expect } from 'chai';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { loggedRequests } from '../helpers/logLines';
import { Program } from '../helpers/Program';
import { rejection } from '../helpers/rejection';
import { temporaryFolder } from '../helpers/temporaryFolder';

const MiB = 1024 * 1024;

async function startLogging(folder: string): Promise<{ server: Program; port: number }> {
  const args = ['--port', '0', '--quiet', '--log-dir', folder];
  const server = Program.lab('LoggingDateServer', args);
  return { server, port: await server.listening() };
}

describe('A server that must stop', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('answers and logs every request that has arrived', async () => {
    const folder = await temporaryFolder();
    const { server, port } = await startLogging(folder);
    const clients = await Promise.all(Array.from({ length: 50 }, () => BareClient.connect(port)));
    clients.forEach((client, index) => client.send(`request ${index}\n`));

    const [outcome] = await Promise.all([
      server.kill('SIGTERM'),
      ...clients.map((client) => client.all()),
    ]);

    expect(outcome.code).to.equal(0);
    for (const { received } of clients) expect(received).to.match(/^\d{4}-\S+\n$/);
    const expected = clients.map((_client, index) => `request ${index}`);
    expect(loggedRequests(folder)).to.have.members(expected);
  });

  it('waits for the rest of a request that is half sent', async () => {
    const folder = await temporaryFolder();
    const { server, port } = await startLogging(folder);
    const client = await BareClient.connect(port);
    await client.send('first\n').line();
    client.send('sec');

    server.child.kill('SIGTERM');
    client.send('ond\n');

    const replies = String(await client.all()).split('\n').length - 1;
    expect((await server.ended()).code).to.equal(0);
    const [first, ...second] = loggedRequests(folder);
    expect(first).to.equal('first');
    expect(second.join('')).to.equal('second'); // in two, if this machine took 100 ms in between
    expect(replies).to.equal(1 + second.length);
  });

  it('finishes an echo of several megabytes, and ends with 0', async () => {
    const server = Program.lab('EchoServer', ['--port', '0', '--quiet']);
    const client = await BareClient.connect(await server.listening());
    const message = Buffer.alloc(8 * MiB, 'every byte of it ');
    await client.sendPieces([message]); // the system has all of it: a busy machine can't keep it back

    const [outcome, echo] = await Promise.all([server.kill('SIGINT'), client.all()]);

    expect(echo.equals(message)).to.equal(true);
    expect(outcome.code).to.equal(0);
  });

  it('accepts no new client, and after a while cuts a client that never ends', async () => {
    const server = Program.lab('EchoServer', ['--port', '0', '--quiet']);
    const port = await server.listening();
    const greedy = await BareClient.connect(port);
    await greedy.send(Buffer.alloc(64 * MiB)).bytes(1); // the server owes the rest now
    greedy.pause();

    server.child.kill('SIGTERM');
    await server.printed(/finishing the requests that have begun/);

    expect(await rejection(BareClient.connect(port))).to.have.property('code', 'ECONNREFUSED');
    expect((await server.ended()).code).to.equal(0);
    await rejection(greedy.resume().all());
  });
});
