import { expect } from 'chai';
import type { Socket as NodeSocket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Deadline } from '../../../tools/kit/Deadline';
import { whySilent } from '../../../tools/kit/diagnose';
import { Probe } from '../../../tools/kit/Probe';
import { bareServer } from '../../helpers/bareServer';

const LONG_MS = 60_000;
/** Longer than a variant waits on an idle machine, and shorter than on a busy one. */
const SLOW_MS = 1300;
const BUSY = 2;

describe('Why a server stays silent', () => {
  const isAnswer = (data: Buffer) => data.includes('yes');

  /** The cause for a program that treats its clients like this, on a machine where each wait is doubled. */
  async function causeFor(treat: (client: NodeSocket) => void): Promise<string | undefined> {
    await using server = await bareServer(treat);
    const address = { host: '127.0.0.1', port: server.port };
    const deadline = new Deadline(LONG_MS, () => BUSY);
    const program = {
      fresh: () => Promise.resolve(),
      connect: () => Probe.open(address, LONG_MS, deadline),
      subject: undefined,
      output: { printed: undefined, ended: undefined },
      knownCause: undefined,
    };
    return await whySilent(program, 'Hello', isAnswer);
  }

  it('is not the newline if the server is only slow, and the kit waits longer on a busy machine', async () => {
    const cause = await causeFor((client) => {
      client.once('data', () => {
        void setTimeout(SLOW_MS).then(() => client.write('yes'));
      });
    });

    expect(cause).to.match(/^your server is slow: the answer came after \d+\.\d s/);
  });

  it('is the newline if the server answers only lines', async () => {
    const cause = await causeFor((client) => {
      client.on('data', (data) => {
        if (data.includes('\n')) client.write('yes');
      });
    });

    expect(cause).to.match(/^your server answered as soon as a newline had come/);
  });
});
