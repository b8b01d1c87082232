import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { DateClient } from '../../src/DateClient';
import { Messages } from '../../src/socket/Messages';
import { cleanUp } from '../helpers/cleanUp';
import { connectedPair } from '../helpers/connectedPair';
import { holdUp } from '../helpers/holdUp';
import { rejection } from '../helpers/rejection';
import { startBareServer } from '../helpers/startBareServer';

const TIME = 20; // ms
/** Long enough to connect and ask, also on a busy machine. */
const LONG = 400; // ms
const DATE = '2026-11-23T23:50:44.123+11:00';

/** Lets promises go on that have nothing to wait for. */
async function microtasks(): Promise<void> {
  for (let count = 0; count < 20; count++) await Promise.resolve();
}

describe('When the event loop was held up, what had arrived counts before a timer:', () => {
  afterEach(cleanUp);

  it('the second half of a message, before the silence that would end the first', async () => {
    const { socket, peer } = await connectedPair();
    peer.write('half a ');
    expect(await socket.poll(10_000)).to.equal(true);
    const next = new Messages(socket, { silence: TIME }).next();
    await microtasks(); // now it waits for the rest

    peer.write('message\n');
    holdUp(2 * TIME);

    expect(await next).to.equal('half a message');
  });

  it('bytes, before the end of the time to poll', async () => {
    const { socket, peer } = await connectedPair();
    const polling = socket.poll(TIME);

    peer.write('x');
    holdUp(2 * TIME);

    expect(await polling).to.equal(true);
  });

  it('a last request, before the silence that counts as end of file while stopping', async () => {
    const { socket, peer } = await connectedPair();
    const receiving = socket.recv(100);
    socket.endAfterSilence(TIME);

    peer.write('a last request\n');
    holdUp(2 * TIME);

    expect(String(await receiving)).to.equal('a last request\n');
  });

  it('an answer, before the end of the time a client waits for it', async () => {
    const port = await startBareServer((client) => {
      client.once('data', () => {
        client.write(`${DATE}\n`);
        holdUp(2 * LONG);
      });
    });

    const date = new DateClient('time?').run(
      { host: '127.0.0.1', port },
      { limits: { timeout: LONG } },
    );

    expect(await date).to.equal(DATE);
  });

  it('bytes, before a connection counts as idle', async () => {
    const { socket, peer } = await connectedPair();
    const receiving = socket.recv(100);
    socket.breakAfterSilence(LONG);

    peer.write('x');
    holdUp(2 * LONG);

    expect(String(await receiving)).to.equal('x');
    await turns();
    await socket.sendall(Buffer.from('still open'));
    // The next silence counts.
    expect(await rejection(socket.recv(100))).to.have.property('code', 'ETIMEDOUT');
  });

  it('bytes that are sent back as they came, before a connection counts as idle', async () => {
    const { socket, peer } = await connectedPair();
    const echoing = socket.recv(100).then((data) => socket.sendall(data));
    socket.breakAfterSilence(LONG);

    peer.write('x');
    holdUp(2 * LONG);

    await echoing;
    await turns();
    await socket.sendall(Buffer.from('still open'));
  });
});

/** Lets the event loop go round. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}
