import { expect } from 'chai';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Call } from '../../src/socket/calls';
import { Socket } from '../../src/socket/Socket';
import { type RunOptions, SocketClient } from '../../src/socket/SocketClient';
import { bareServer } from '../helpers/bareServer';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { freePort } from '../helpers/freePort';
import { itOnLinux } from '../helpers/itOnLinux';
import { openTimers } from '../helpers/openTimers';
import { Program } from '../helpers/Program';
import { rejection } from '../helpers/rejection';
import { startBareServer } from '../helpers/startBareServer';

/** Receives one greeting. */
class Greeted extends SocketClient<string> {
  private socket = new Socket();

  /** Uses the socket once more. */
  used(): Promise<void> {
    return this.socket.sendall(Buffer.from('x'));
  }

  protected async converse(server: Socket): Promise<string> {
    this.socket = server;
    const greeting = await server.recv(100);
    if (greeting.length === 0) throw new Error('not even a greeting');
    return greeting.toString();
  }
}

/** Counts the calls of connect() from now on. */
function countConnects(): { count: number } {
  const counted = { count: 0 };
  const started = 'tracing:lab3:calls:start';
  const count = (call: unknown) => {
    if ((call as Call).name === 'connect') counted.count += 1;
  };
  subscribe(started, count);
  afterwards(() => {
    unsubscribe(started, count);
  });
  return counted;
}

/** A port on which the system takes no more clients, since its program has accepted none. */
async function portThatTakesNobody(): Promise<number> {
  const program = `
    const server = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('fs').writeSync(1, 'listening on 127.0.0.1:' + server.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const port = await new Program(process.execPath, ['-e', program]).listening();
  for (let one = 0; one < 5; one++) {
    const client = net.connect(port, '127.0.0.1').on('error', () => undefined);
    afterwards(() => client.destroy());
  }
  return port;
}

const reporting = (waiting: () => void): RunOptions => ({ report: { waiting } });

describe('SocketClient', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('connects, converses, closes, and gives the result', async () => {
    const port = await startBareServer((client) => client.write('welcome'));
    const client = new Greeted();

    expect(await client.run({ host: '127.0.0.1', port })).to.equal('welcome');
    expect(await rejection(client.used())).to.have.property('code', 'EBADF');
  });

  it('closes also when the conversation fails', async () => {
    const port = await startBareServer((client) => client.end());
    const client = new Greeted();

    const error = await rejection(client.run({ host: '127.0.0.1', port }));

    expect(error).to.have.property('message', 'not even a greeting');
    expect(await rejection(client.used())).to.have.property('code', 'EBADF');
  });

  it('waits for a server that is still starting, and says so once', async () => {
    const port = await freePort();
    let said = 0;
    const result = new Greeted().run(
      { host: '127.0.0.1', port },
      reporting(() => {
        said += 1;
        void bareServer((client) => client.write('late, but here'), port).then((server) => {
          afterwards(() => server.close());
        });
      }),
    );

    expect(await result).to.equal('late, but here');
    expect(said).to.equal(1);
  });

  it('gives up when the time for waiting is over', async () => {
    const port = await freePort();
    let said = 0;

    const running = new Greeted().run(
      { host: '127.0.0.1', port },
      { limits: { wait: 350 }, ...reporting(() => (said += 1)) },
    );

    const error = await rejection(running);

    expect(error).to.include({ call: 'connect', code: 'ECONNREFUSED' });
    expect(said).to.equal(1);
  });

  it('waits even without a report', async () => {
    const port = await freePort();
    const running = new Greeted().run({ host: '127.0.0.1', port });
    const server = await bareServer((client) => client.write('welcome'), port);
    afterwards(() => server.close());

    expect(await running).to.equal('welcome');
  });

  it('does not try again when that would take longer than it may wait', async () => {
    const port = await freePort();
    const tries = countConnects();

    const running = new Greeted().run({ host: '127.0.0.1', port }, { limits: { wait: 50 } });

    expect(await rejection(running)).to.have.property('code', 'ECONNREFUSED');
    expect(tries.count).to.equal(1);
  });

  itOnLinux('a full backlog', 'does not wait forever for a connection', async () => {
    const running = new Greeted().run(
      { host: '127.0.0.1', port: await portThatTakesNobody() },
      { limits: { timeout: 100 } },
    );

    expect(await rejection(running)).to.include({ call: 'connect', code: 'ETIMEDOUT' });
  });

  it('leaves no timer behind', async () => {
    const port = await startBareServer((client) => client.end('welcome'));
    await setImmediate(); // from here on mocha's own timer runs
    const timers = openTimers();

    await new Greeted().run({ host: '127.0.0.1', port });

    expect(openTimers()).to.equal(timers);
  });

  it('does not wait if the reason is a different one', async () => {
    let said = 0;

    const running = new Greeted().run(
      { host: 'no-such-host.invalid', port: 1 },
      reporting(() => (said += 1)),
    );

    expect(await rejection(running)).to.have.property('call', 'connect');
    expect(said).to.equal(0);
  });
});
