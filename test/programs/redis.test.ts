import { expect } from 'chai';
import { setTimeout } from 'node:timers/promises';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { freePort } from '../helpers/freePort';
import { hasCommand } from '../helpers/itOnLinux';
import { askInTurn } from '../helpers/logging';
import { requestIn } from '../helpers/logLines';
import { preloading, Program, runLab } from '../helpers/Program';
import { Redis } from '../helpers/Redis';

const REFUSED = 'ERROR request could not be logged\n';

function start(redis: Redis, more: readonly string[] = []): Program {
  const args = ['--port', '0', '--quiet', '--log', redis.url, ...more];
  return Program.lab('LoggingDateServer', args);
}

/** Asks with this many clients at the same time; returns the answers. */
function crowd(port: number, name: string, questions = Infinity): Promise<string[]>[] {
  return Array.from({ length: 8 }, (_, index) => askInTurn(port, `${name} ${index}`, questions));
}

const ask = async (port: number, question: string) =>
  (await BareClient.connect(port)).send(`${question}\n`).line();

describe('LoggingDateServer with --log redis://', function () {
  this.timeout(60_000);
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('reports that there is no Redis, and what to try, without the password', async () => {
    const port = await freePort();
    const url = `redis://me:secret@127.0.0.1:${port}`;
    const { code, stdout, stderr } = await runLab('LoggingDateServer', ['--log', url]);

    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.equal(
      `LoggingDateServer: Redis at 127.0.0.1:${port}: connection refused: no server is listening on port ${port} there
Try: start it in another terminal: redis-server
Or:  log into files: npx ts-node src/LoggingDateServer.ts --log-dir my-logs
`,
    );
  });

  it('takes a URL of Redis, and a folder or a Redis', async () => {
    for (const url of ['127.0.0.1:6379', 'http://127.0.0.1', 'redis://']) {
      const { code, stderr } = await runLab('LoggingDateServer', ['--log', url]);
      expect(code, url).to.equal(2);
      expect(stderr).to.contain('it is redis://HOST:PORT, or rediss:// for TLS.');
    }
    for (const url of ['http://me:secret@127.0.0.1', 'redis//me:secret@host', 'me:secret@host']) {
      const { stderr } = await runLab('LoggingDateServer', ['--log', url]);
      expect(stderr, url).not.to.contain('secret');
    }
    const both = ['--log', 'redis://127.0.0.1', '--log-dir', 'logs'];
    expect((await runLab('LoggingDateServer', both)).code).to.equal(2);
  });

  it('has advice for a wrong password', async () => {
    if (!hasCommand('redis-server')) return;
    const redis = await Redis.start(['--requirepass', 'right']);
    for (const url of [redis.url, redis.url.replace('//', '//:wrong@')]) {
      const { code, stderr } = await runLab('LoggingDateServer', ['--log', url]);
      expect(code).to.equal(1);
      expect(stderr).to.contain(`--log redis://:PASSWORD@127.0.0.1:${redis.port}`);
      expect(stderr).not.to.contain('redis-server').and.not.to.contain('wrong@');
    }
  });

  it('is the only server that loads its client', async () => {
    const env = preloading('loadedRedis.cjs');
    const plain = await runLab('LoggingDateServer', ['--port', '0', '--log-dir', '/dev/null/x'], {
      env,
    });
    const redis = await runLab('LoggingDateServer', ['--log', `redis://127.0.0.1:1`], { env });

    expect(plain.stderr).to.match(/loaded: false\n$/);
    expect(redis.stderr).to.match(/loaded: true\n$/);
  });

  if (!hasCommand('redis-server')) {
    console.log('left out: the tests with a real Redis, for there is no redis-server');
    return;
  }

  it('has stored the request when the client gets the date', async () => {
    const redis = await Redis.start();
    const port = await start(redis).listening();

    expect(await ask(port, 'What time is it?')).to.match(/^\d{4}-/);
    expect((await redis.lines()).lines.map(requestIn)).to.deep.equal(['What time is it?']);
  });

  it('refuses while Redis is away, says so once, and goes on when it is back', async () => {
    const redis = await Redis.start();
    const server = start(redis);
    const port = await server.listening();
    await ask(port, 'before');
    await redis.kill();
    expect(await ask(port, 'away')).to.equal(REFUSED);
    await server.printed(/LoggingDateServer: Redis at 127\.0\.0\.1:\d+: /);
    await redis.start();
    for (let tries = 0; (await ask(port, 'back')) === REFUSED && tries < 200; tries++)
      await setTimeout(50);

    const { lines } = await redis.lines();
    expect(lines.map(requestIn)).to.deep.equal(['before', 'back']);
    // Broken off, and then refused: two kinds at most, however many requests there were.
    expect(server.stderr.split('Redis at').length).to.be.at.most(3);
  });

  it('refuses when Redis hangs, and goes on when that does', async () => {
    const redis = await Redis.start();
    const server = start(redis);
    const port = await server.listening();
    redis.signal('SIGSTOP');
    expect(await ask(port, 'hung')).to.equal(REFUSED);
    redis.signal('SIGCONT');
    for (let tries = 0; (await ask(port, 'back')) === REFUSED && tries < 200; tries++)
      await setTimeout(50);

    expect((await redis.lines()).lines.map(requestIn)).to.include('back');
    expect(server.stderr).to.contain(': no answer in time\n');
  });

  it('gives no number twice to two servers, and loses nothing answered when one is killed', async () => {
    const redis = await Redis.start();
    const [one, other] = [start(redis), start(redis, ['--workers', '2'])];
    const [first, second] = [await one.listening(), await other.listening()];
    const asking = [...crowd(first, 'one', 200), ...crowd(second, 'other', 200)];
    await askInTurn(first, 'fuse', 30);
    await one.kill('SIGKILL');
    const answered = (await Promise.all(asking)).flat();
    const { lines } = await redis.lines();
    const logged = lines.map(requestIn);

    expect(answered.length).to.be.above(1600);
    expect(new Set(logged).size).to.equal(logged.length);
    expect(logged).to.include.members(answered);
  });

  it('has every answered request, and reuses no number, after Redis is killed under load', async () => {
    const redis = await Redis.start();
    const port = await start(redis).listening();
    const answered: string[] = [];
    let before = -1;
    for (let round = 0; round < 3; round++) {
      const asking = crowd(port, `round ${round}`);
      await askInTurn(port, `round ${round}, fuse`, 40);
      await redis.kill();
      answered.push(...(await Promise.all(asking)).flat());
      await redis.start();
      for (let tries = 0; (await ask(port, 'back')) === REFUSED && tries < 200; tries++)
        await setTimeout(50);
      const { lines, highest } = await redis.lines();
      expect(lines.length).to.equal(highest + 1);
      expect(highest).to.be.above(before);
      before = highest;
    }
    const logged = (await redis.lines()).lines.map(requestIn);

    expect(answered.length).to.be.above(100);
    expect(logged).to.include.members(answered);
  });
});
