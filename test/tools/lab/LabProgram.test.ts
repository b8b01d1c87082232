import { expect } from 'chai';
import { LabProgram } from '../../../tools/lab/LabProgram';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { rejection } from '../../helpers/rejection';

/** A program in JavaScript that goes on until it is stopped. */
function program(script: string): LabProgram {
  const started = new LabProgram([
    process.execPath,
    '-e',
    `const say = (text) => new Promise((done) => process.stdout.write(text, done));
     (async () => { ${script} })();`,
  ]);
  afterwards(() => started.stop('SIGKILL'));
  return started;
}

describe('LabProgram', () => {
  afterEach(cleanUp);

  it('reads the port of a server, even when its banner comes in two pieces', async () => {
    const server = program(`
      await say('EchoServer listening on 127.0.0.1:4');
      setTimeout(() => say('711\\nStop it with Ctrl-C\\n'), 50);
      setInterval(() => undefined, 1000);`);

    expect(await server.address()).to.deep.equal({ host: '127.0.0.1', port: 4711 });
    expect(await server.port()).to.equal(4711);
  });

  it('reads the port behind other lines, of IPv6, and over UDP', async () => {
    const server = program(`
      await say('first\\nUdpEchoServer receiving on [::1]:4711\\n');
      setInterval(() => undefined, 1000);`);

    expect(await server.address()).to.deep.equal({ host: '::1', port: 4711 });
  });

  it('says when the server ends before it has one', async () => {
    const server = program(`await say('no banner'); process.exitCode = 1;`);

    expect(await rejection(server.port())).to.have.property('name', 'ProgramEnded');
    expect(server.child.exitCode).to.equal(1);
  });

  it('says when there is no such program', async () => {
    const missing = new LabProgram(['there-is-no-such-program']);

    expect(await rejection(missing.port())).to.have.property('code', 'ENOENT');
    await missing.closed;
  });

  it('stops it, and does nothing the second time', async () => {
    const server = program(`
      await say('S listening on 127.0.0.1:1\\n');
      setInterval(() => undefined, 1000);`);
    await server.port();

    await server.stop();
    await server.stop();

    expect(server.child.signalCode).to.equal('SIGTERM');
  });
});
