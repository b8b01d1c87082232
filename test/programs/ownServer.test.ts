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
    await server.printed(/1 connection is open, and no more are accepted/);
    expect(String(await only.all())).to.equal('HELLO');
    await server.printed(/nothing was sent or received for 2 s/);
  });
});

describe("A server of a student's own, with the usual slips", () => {
  const LINE = 'test/fixtures/ForgetfulServer.ts:11: an "await" is probably missing';
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  async function start() {
    const server = Program.script('test/fixtures/ForgetfulServer', ['--port', '0', '--quiet']);
    return { server, port: await server.listening() };
  }

  it('goes on after a sendall() without await that failed, and says once in which line', async () => {
    const { server, port } = await start();
    const other = await BareClient.connect(port);
    // It can only fail in those rounds in which the server has begun to send before the reset.
    for (let round = 0; round < 3 || !server.stderr.includes(LINE); round++) {
      const client = (await BareClient.connect(port)).pause();
      client.send(Buffer.alloc(32 * 1024 * 1024));
      await other.send('x').bytes(2 * round + 1);
      client.reset();
      await other.send('x').bytes(2 * round + 2);
    }
    const { code, stderr } = await server.kill('SIGTERM');

    expect(code).to.equal(0);
    expect(stderr.match(/an "await" is probably missing/g)).to.have.length(1);
    expect(stderr).not.to.match(/^\s+at /m);
  });

  it('gets an error if its loop does not test for end of file, and still stops', async () => {
    const { server, port } = await start();
    const client = await BareClient.connect(port);
    expect(String(await client.send('x').end().all())).to.equal('x');
    await server.printed(/recv\(.*\) failed: recv\(\) returned end of file 1000 times/);

    expect((await server.kill('SIGTERM')).code).to.equal(0);
  });

  const SLIPS: [string, RegExp][] = [
    ['number', /must be bytes \(a Buffer\), not a number \(\S+SlipsServer\.ts:15\)/],
    ['string', /not a string: Buffer\.from\(text\) gives its bytes \(\S+SlipsServer\.ts:16\)/],
    ['promise', /not a promise: an "await" is probably missing \(\S+SlipsServer\.ts:17\)/],
    ['nothing', /not undefined \(\S+SlipsServer\.ts:18\)/],
    ['no text', /a message is a text, not a promise: an "await" .* \(\S+SlipsServer\.ts:19\)/],
    ['no size', /a size is a whole number .*, not undefined \(\S+SlipsServer\.ts:20\)/],
    [
      'throws a string',
      /'what a pity' was thrown, which is not an Error: throw new Error\('...'\)/,
    ],
    ['returns early', /the socket is closed \[an "await" is probably missing\]/],
  ];

  it('gets a clear error message with the line, and goes on serving', async () => {
    const server = Program.script('test/fixtures/SlipsServer', ['--port', '0', '--quiet']);
    const port = await server.listening();

    for (const [slip, words] of SLIPS) {
      await (await BareClient.connect(port)).send(slip).all();
      await server.printed(words);
    }
    const { code, stderr } = await server.kill('SIGTERM');

    expect(code).to.equal(0);
    expect(stderr).not.to.match(/^\s+at /m);
    expect(stderr).to.contain('SlipsServer.ts, which checks the types and finds a missing await\n');
  });

  it('ends with a clear error message when nothing catches an error', async () => {
    const server = Program.script('test/fixtures/SlipsServer', ['--port', '0', '--quiet']);
    const client = await BareClient.connect(await server.listening());
    client.send('throws in a timer');

    const { code, stderr } = await server.ended();

    expect(code).to.equal(1);
    expect(stderr).to.match(/^SlipsServer: too late \(\S+SlipsServer\.ts:\d+\)\nTry: .*\n$/);
  });
});
