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
    const mebibyte = Buffer.alloc(MiB); // the same each time, to spare our own memory
    const comeGreedy = async () => {
      const greedy = await BareClient.many(port, 100);
      for (const client of greedy) {
        client.pause();
        for (let count = 0; count < 128; count++) client.send(mebibyte);
      }
      const unsent = () => greedy.reduce((sum, client) => sum + client.unsent, 0);
      for (let before = Infinity; unsent() < before;) {
        before = unsent();
        await expectEchoes(good, 'still here');
      }
      return greedy; // from here on nothing moves any more
    };
    // Twice before it counts: then the heap has the size it works with, and malloc what it keeps.
    for (let time = 0; time < 2; time++) for (const client of await comeGreedy()) client.close();
    await expectEchoes(good, 'and again');
    const before = residentMemory(server.child.pid ?? 0);

    const greedy = await comeGreedy();

    expect(residentMemory(server.child.pid ?? 0) - before).to.be.below(64);
    // The kernels on both sides may hold 72 MiB (tcp_rmem, tcp_wmem); nothing else takes them.
    for (const client of greedy) expect(client.unsent).to.be.greaterThan(16 * MiB);
  });
});
