import { expect } from 'chai';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { Program } from '../helpers/Program';

describe("A server of a student's own, with neither a constructor nor a decorator", () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('obeys --max-connections and --idle-timeout', async () => {
    const args = ['--port', '0', '--max-connections', '1', '--idle-timeout', '2'];
    const server = Program.script('test/fixtures/ShoutServer', args);
    const port = await server.listening();

    const only = await BareClient.connect(port);
    expect(String(await only.send('hello').bytes(5))).to.equal('HELLO');
    expect(String(await (await BareClient.connect(port)).all())).to.equal('');
    await server.printed(/1 connection is open, and no more are taken/);
    expect(String(await only.all())).to.equal('HELLO');
    await server.printed(/nothing came or went for 2 s/);
  });
});

describe("A server of a student's own, with the usual slips", () => {
  const LINE = /test\/fixtures\/ForgetfulServer\.ts:11: an "await" is probably missing/;
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  async function start() {
    const server = Program.script('test/fixtures/ForgetfulServer', ['--port', '0', '--quiet']);
    return { server, port: await server.listening() };
  }

  it('goes on after a sendall() without await that failed, and says once in which line', async () => {
    const { server, port } = await start();
    const other = await BareClient.connect(port);
    for (let round = 0; round < 3; round++) {
      const client = (await BareClient.connect(port)).pause();
      client.send(Buffer.alloc(32 * 1024 * 1024));
      await other.send('x').bytes(2 * round + 1);
      client.reset();
      await other.send('x').bytes(2 * round + 2);
    }
    await server.printed(LINE);
    const { code, stderr } = await server.kill('SIGTERM');

    expect(code).to.equal(0);
    expect(stderr.match(/an "await" is probably missing/g)).to.have.length(1);
    expect(stderr).not.to.match(/^\s+at /m);
  });

  it('is told that its loop does not look for end of file, and still stops', async () => {
    const { server, port } = await start();
    const client = await BareClient.connect(port);
    expect(String(await client.send('x').end().all())).to.equal('x');
    await server.printed(/recv\(.*\) failed: end of file was there 1000 times/);

    expect((await server.kill('SIGTERM')).code).to.equal(0);
  });
});
