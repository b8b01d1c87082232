import { expect } from 'chai';
import { Socket } from '../../src/socket/Socket';
import { type RunOptions, SocketClient } from '../../src/socket/SocketClient';
import { bareServer } from '../helpers/bareServer';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { freePort } from '../helpers/freePort';
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

const reporting = (waiting: () => void): RunOptions => ({ report: { waiting } });

describe('SocketClient', () => {
  afterEach(cleanUp);

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
      { limits: { wait: 150 }, ...reporting(() => (said += 1)) },
    );

    const error = await rejection(running);

    expect(error).to.include({ call: 'connect', code: 'ECONNREFUSED' });
    expect(said).to.equal(1);
  });

  it('does not wait when the reason is another', async () => {
    let said = 0;

    const running = new Greeted().run(
      { host: 'no-such-host.invalid', port: 1 },
      reporting(() => (said += 1)),
    );

    expect(await rejection(running)).to.have.property('call', 'connect');
    expect(said).to.equal(0);
  });
});
