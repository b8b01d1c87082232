import { expect } from 'chai';
import type { Newable, ServiceIdentifier } from 'inversify';
import { readdir, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { createContainer } from '../../src/services/container';
import { DateServer } from '../../src/DateServer';
import { EchoServer } from '../../src/EchoServer';
import { LoggingDateServer } from '../../src/LoggingDateServer';
import { Clock, SystemClock } from '../../src/services/Clock';
import { NumberedFileLogger } from '../../src/services/NumberedFileLogger';
import { LogTarget, RequestLogger } from '../../src/services/RequestLogger';
import type { SocketServer } from '../../src/socket/SocketServer';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { FakeClock } from '../helpers/FakeClock';
import { setZone } from '../helpers/setZone';
import { startServer } from '../helpers/startServer';
import { temporaryFolder } from '../helpers/temporaryFolder';

const SERVERS: Newable<SocketServer>[] = [EchoServer, DateServer, LoggingDateServer];

describe('The container', () => {
  let folder: string;

  beforeEach(async () => {
    folder = path.join(await temporaryFolder(), 'logs');
  });
  afterEach(cleanUp);

  function create() {
    const container = createContainer(new LogTarget(folder));
    for (const Server of SERVERS) container.bind(Server).toSelf();
    return container;
  }

  it('creates everything that is bound, each once', async () => {
    const container = create();

    const bound: [ServiceIdentifier<object> & { name: string }, Newable][] = [
      [Clock, SystemClock],
      [RequestLogger, NumberedFileLogger],
      [LogTarget, LogTarget],
      ...SERVERS.map((Server): [typeof Server, typeof Server] => [Server, Server]),
    ];
    for (const [asked, made] of bound) {
      const one = await container.getAsync(asked);
      const again = await container.getAsync(asked);

      expect(one, asked.name).to.be.instanceOf(made);
      expect(one, `${asked.name}, asked for again`).to.equal(again);
    }
    expect(container.get(LogTarget).where).to.equal(folder);
  });

  it('makes other objects than another container', () => {
    expect(create().get(Clock)).not.to.equal(create().get(Clock));
  });

  it('opens the logger before it hands it out', async () => {
    await create().getAsync(RequestLogger);

    expect(await readdir(folder)).to.deep.equal([]);
  });

  it('gives LoggingDateServer the clock, and a logger with the same clock', async () => {
    setZone('Australia/Sydney');
    const container = create();
    container.rebind(Clock).toConstantValue(new FakeClock());
    const port = await startServer(await container.getAsync(LoggingDateServer));

    const client = await BareClient.connect(port);
    const reply = await client.send('What time is it?\n').line();

    expect(reply).to.equal('2026-11-23T23:50:44.123+11:00\n');
    expect(await readFile(path.join(folder, 'log0.txt'), 'utf8')).to.equal(
      `2026-11-23T23:50:44.123+11:00 ${client.address} "What time is it?"\n`,
    );
  });
});
