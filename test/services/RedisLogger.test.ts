import 'reflect-metadata';
import { expect } from 'chai';
import { once } from 'node:events';
import { connect, type Socket as NodeSocket } from 'node:net';
import { RedisLogger } from '../../src/services/RedisLogger';
import { LogTarget, RequestNotLogged } from '../../src/services/RequestLogger';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { FakeClock } from '../helpers/FakeClock';
import { freePort } from '../helpers/freePort';
import { hasCommand } from '../helpers/itOnLinux';
import { requestIn } from '../helpers/logLines';
import { openTimers } from '../helpers/openTimers';
import { Redis } from '../helpers/Redis';
import { rejection } from '../helpers/rejection';
import { setZone } from '../helpers/setZone';
import { startBareServer } from '../helpers/startBareServer';

const CLIENT = '127.0.0.1:53344';

/** It does not wait long for Redis. */
class Impatient extends RedisLogger {
  protected override readonly patienceMs = 200;
}

async function openLogger(url: string, Logger = RedisLogger): Promise<RedisLogger> {
  const logger = new Logger(new FakeClock(), new LogTarget(url));
  afterwards(() => {
    logger.close();
  });
  await logger.open();
  return logger;
}

/** A server that answers as Redis does, but to a line that is to be stored only this. */
function answering(answer: string): (client: NodeSocket) => void {
  return (client) => {
    client.on('error', () => undefined);
    client.on('data', (data: Buffer) => {
      const text = String(data);
      if (text.includes('INCRBY')) client.write(':0\r\n');
      else if (text.includes('EVAL')) client.write(answer);
      else client.write('+OK\r\n'.repeat(text.match(/^\*/gm)?.length ?? 1));
    });
  };
}

function isAt({ localPort }: NodeSocket): (other: NodeSocket) => boolean {
  return ({ remotePort }) => remotePort === localPort;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect.fail('it has not come about');
}

describe('RedisLogger', function () {
  this.timeout(30_000);
  afterEach(cleanUp);

  it('reports that there is no Redis', async () => {
    const port = await freePort();
    const error = await rejection(openLogger(`redis://:secret@127.0.0.1:${port}`));

    expect(error).to.be.instanceOf(RequestNotLogged);
    expect(error).to.have.property('code', 'ECONNREFUSED');
    expect((error as Error).message).to.equal(
      `Redis at 127.0.0.1:${port}: connection refused: no server is listening on port ${port} there`,
    );
  });

  it('does not wait forever for a silent port', async () => {
    const port = await startBareServer(() => undefined);
    const error = await rejection(openLogger(`redis://127.0.0.1:${port}`, Impatient));

    expect(error).to.have.property('code', 'ETIMEDOUT');
  });

  it('tries no more after it could not be opened', async () => {
    const clients: NodeSocket[] = [];
    const port = await startBareServer((client) => clients.push(client));

    await rejection(openLogger(`redis://127.0.0.1:${port}`, Impatient));
    const [first] = clients;
    if (first && !first.closed) await once(first.resume(), 'close');
    // This one comes after any other that was already on its way.
    const last = connect(port, '127.0.0.1');
    afterwards(() => last.destroy());
    await once(last, 'connect');
    await until(() => Promise.resolve(clients.some(isAt(last))));

    expect(clients).to.have.length(2);
  });

  it('ends its connection when it is closed, and leaves no timer after a line', async () => {
    const clients: NodeSocket[] = [];
    const treat = answering('+log0.txt\r\n');
    const port = await startBareServer((client) => {
      clients.push(client);
      treat(client);
    });
    const logger = await openLogger(`redis://127.0.0.1:${port}`);
    await logger.log('first', CLIENT);
    const before = openTimers();
    await logger.log('second', CLIENT);
    expect(openTimers()).to.be.at.most(before);

    const ended = once(clients[0] ?? expect.fail('nobody came'), 'close');
    logger.close();

    await ended;
  });

  it('does not take a server that sends everything back for a Redis', async () => {
    const port = await startBareServer((client) => client.pipe(client));
    const error = await rejection(openLogger(`redis://127.0.0.1:${port}`, Impatient));

    expect(error).to.be.instanceOf(RequestNotLogged);
  });

  it('does not take any answer for the name of the stored line', async () => {
    const names = ['+log1.txt.old\r\n', '+xlog1.txt\r\n', '*1\r\n+log1.txt\r\n'];
    const answers = ['+PONG\r\n', ':0\r\n', '$7\r\nlog.txt\r\n', '*0\r\n', ...names];
    for (const answer of answers) {
      const port = await startBareServer(answering(answer));
      const logger = await openLogger(`redis://127.0.0.1:${port}`, Impatient);

      const error = await rejection(logger.log('stored?', CLIENT));

      expect(error, answer).to.be.instanceOf(RequestNotLogged);
      expect((error as Error).message).to.contain('is not a Redis');
      expect(error).to.have.property('code', 'EUNKNOWN');
      expect((error as Error).cause).to.be.instanceOf(Error);
    }
  });

  if (!hasCommand('redis-server')) {
    console.log('left out: the tests with a real Redis, for there is no redis-server');
    return;
  }

  it('stores the line that a file would hold, under the next number', async () => {
    setZone('Australia/Sydney');
    const redis = await Redis.start();
    const logger = await openLogger(redis.url);
    await logger.log('What time is it?', CLIENT);
    await logger.log('two\nlines\u009b', CLIENT);

    expect((await redis.lines()).lines).to.deep.equal([
      `2026-11-23T23:50:44.123+11:00 ${CLIENT} "What time is it?"\n`,
      `2026-11-23T23:50:44.123+11:00 ${CLIENT} "two\\nlines\\u009b"\n`,
    ]);
  });

  for (const [what, commands, words] of [
    ['a counter that is no number', [['SET', 'log.count', 'many']], /not an integer/],
    ['a counter of another type', [['RPUSH', 'log.count', 'x']], /WRONGTYPE/],
    ['a read-only replica', [['REPLICAOF', '127.0.0.1', '1']], /READONLY/],
    [
      'a user without rights',
      [['ACL', 'SETUSER', 'default', '-set']],
      /can't run|permission|no permissions|NOPERM/i,
    ],
  ] as [string, string[][], RegExp][]) {
    it(`says at the start that it can't store: ${what}`, async () => {
      const redis = await Redis.start();
      for (const command of commands) await redis.send(command);

      const error = await rejection(openLogger(redis.url));

      expect(error).to.be.instanceOf(RequestNotLogged);
      expect((error as Error).message).to.match(words);
    });
  }

  it('uses no number twice, however many log at the same time', async () => {
    const redis = await Redis.start();
    const loggers = await Promise.all(Array.from({ length: 4 }, () => openLogger(redis.url)));
    const requests = Array.from({ length: 400 }, (_, index) => `request ${index}`);
    await Promise.all(
      requests.map(async (request, index) => {
        await loggers[index % 4]?.log(request, CLIENT);
      }),
    );
    const { lines, highest } = await redis.lines();

    expect(lines.map(requestIn)).to.have.members(requests);
    expect(highest).to.equal(399);
  });

  it('overwrites nothing when the counter is gone, and goes on with a free number', async () => {
    const redis = await Redis.start();
    const logger = await openLogger(redis.url);
    for (const request of ['a', 'b']) await logger.log(request, CLIENT);
    await redis.forget('log.count');
    await logger.log('c', CLIENT);

    expect((await redis.lines()).lines.map(requestIn)).to.deep.equal(['a', 'b', 'c']);
  });

  it('fails immediately while Redis is away, and logs again when it is back', async () => {
    const redis = await Redis.start();
    const logger = await openLogger(redis.url);
    await logger.log('before', CLIENT);
    await redis.kill();
    const broken = await rejection(logger.log('away', CLIENT));
    await until(async () => {
      const error = await rejection(logger.log('still away', CLIENT));
      return (error as RequestNotLogged).code === 'ECONNREFUSED';
    });
    await redis.start();
    await until(() =>
      logger.log('back', CLIENT).then(
        () => true,
        () => false,
      ),
    );

    expect(broken).to.be.instanceOf(RequestNotLogged);
    expect((await redis.lines()).lines.map(requestIn)).to.deep.equal(['before', 'back']);
  });

  it('does not wait for a Redis that hangs, and logs again when it goes on', async () => {
    const redis = await Redis.start();
    const logger = await openLogger(redis.url, Impatient);
    redis.signal('SIGSTOP');
    const errors = await Promise.all(
      Array.from({ length: 100 }, (_, index) => rejection(logger.log(`hung ${index}`, CLIENT))),
    );
    const next = await rejection(logger.log('hung, too', CLIENT));
    redis.signal('SIGCONT');
    await until(() =>
      logger.log('back', CLIENT).then(
        () => true,
        () => false,
      ),
    );
    const { lines } = await redis.lines();

    for (const error of [...errors, next])
      expect(error).to.have.property('code', 'ETIMEDOUT', String(error));
    expect(lines.map(requestIn)).to.include('back').and.not.to.include('hung, too');
  });

  it('reports in Redis’s own words what Redis refuses', async () => {
    const redis = await Redis.start(['--requirepass', 'secret']);
    const shut = await rejection(openLogger(redis.url));
    const logger = await openLogger(`redis://:secret@127.0.0.1:${redis.port}`);
    await logger.log('let in', CLIENT);

    expect((shut as Error).message).to.match(/^Redis at 127\.0\.0\.1:\d+: NOAUTH /);
    expect((shut as Error).message).not.to.contain('secret');
  });
});
