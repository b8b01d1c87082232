import { expect } from 'chai';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { expectEchoes } from '../helpers/expectEchoes';
import { Program } from '../helpers/Program';

const MiB = 1024 * 1024;
const DATE = /^\d{4}-\d\d-\d\dT\S+\n$/;

describe('Faults of some clients, which others do not notice:', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('resets in the middle of a request, of a reply, of an error line, and of a bulk echo', async () => {
    const dates = await Program.lab('DateServer', ['--port', '0', '--quiet']).listening();
    const echoes = await Program.lab('EchoServer', ['--port', '0', '--quiet']).listening();
    const good = await BareClient.many(echoes, 20);
    const waiting = await BareClient.many(dates, 20);
    await expectEchoes(good, 'before');

    for (const client of await BareClient.many(dates, 20)) client.send('half a requ').reset();
    for (const client of await BareClient.many(dates, 20)) client.send('a\nb\nc\n').reset();
    for (const client of await BareClient.many(dates, 30)) client.send(Buffer.alloc(5000)).reset();
    for (const client of await BareClient.many(echoes, 20)) {
      await client.send(Buffer.alloc(MiB)).bytes(1);
      client.reset();
    }

    await expectEchoes(good, 'after');
    for (const client of waiting) expect(await client.send('time?\n').line()).to.match(DATE);
  });
});
