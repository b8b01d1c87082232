import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { CountingLogger } from '../examples/CountingLogger';
import { ReverseServer } from '../examples/ReverseServer';
import { SlowClock } from '../examples/SlowClock';
import { upToDate } from '../tools/listings';
import { createContainer } from '../src/services/container';
import { LoggingDateServer } from '../src/LoggingDateServer';
import { Clock } from '../src/services/Clock';

import { LogTarget, RequestLogger } from '../src/services/RequestLogger';
import { isRfc3339 } from '../src/text/rfc3339';
import { BareClient } from './helpers/BareClient';
import { cleanUp } from './helpers/cleanUp';
import { startServer } from './helpers/startServer';

describe('docs/your-own.md', () => {
  afterEach(cleanUp);

  it('shows the files of examples/ as they are (npm run listings)', () => {
    const page = readFileSync('docs/your-own.md', 'utf8');

    expect(page).to.equal(upToDate(page));
    for (const name of ['ReverseServer', 'CountingLogger', 'SlowClock']) {
      expect(page).to.contain(`export class ${name}`);
    }
  });

  it('has a server that answers each line backwards', async () => {
    const client = await BareClient.connect(await startServer(new ReverseServer()));

    expect(await client.send('stressed\ngrüß 🙂\n').lines(2)).to.deep.equal([
      'desserts',
      '🙂 ßürg',
    ]);
  });

  it('has a logger and a clock that the container hands to LoggingDateServer', async () => {
    const container = createContainer(new LogTarget('not used'));
    container.rebind(RequestLogger).to(CountingLogger);
    container.rebind(Clock).to(SlowClock);
    container.bind(LoggingDateServer).toSelf();
    const port = await startServer(await container.getAsync(LoggingDateServer));

    const replies = await (await BareClient.connect(port)).send('one\ntwo\n').lines(2);

    expect(replies.every(isRfc3339)).to.equal(true);
    expect(container.get(RequestLogger))
      .to.have.property('counts')
      .that.deep.equals(new Map([['127.0.0.1', 2]]));
    expect(container.get(Clock)).to.be.instanceOf(SlowClock);
  });
});
