import { expect } from 'chai';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { expectEchoes } from '../helpers/expectEchoes';
import { Program } from '../helpers/Program';
import { residentMemory } from '../helpers/residentMemory';

const MiB = 1024 * 1024;

describe('Faults of some clients, which others do not notice:', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('100 that never read: the memory stays where it was', async () => {
    const server = Program.lab('EchoServer', ['--port', '0', '--quiet']);
    const port = await server.listening();
    const good = await BareClient.many(port, 10);
    // As many bytes as the others will make it move: after that, its heap has the size it works with.
    for (const busy of await BareClient.many(port, 40)) {
      await busy.send(Buffer.alloc(16 * MiB)).bytes(16 * MiB);
      busy.close();
    }
    const before = residentMemory(server.child.pid ?? 0);

    const greedy = await BareClient.many(port, 100);
    const mebibyte = Buffer.alloc(MiB); // the same each time, to spare our own memory
    for (const client of greedy) {
      client.pause();
      for (let count = 0; count < 64; count++) client.send(mebibyte);
    }
    await expectEchoes(good, 'still here');

    expect(residentMemory(server.child.pid ?? 0) - before).to.be.below(64);
    // The kernels on both sides hold some megabytes; nothing else takes them.
    for (const client of greedy) expect(client.unsent).to.be.greaterThan(16 * MiB);
  });
});
