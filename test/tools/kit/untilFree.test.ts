import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import { secondsInTimeWait } from '../../../src/socket/timeWait';
import { Deadline } from '../../../tools/kit/Deadline';
import { untilFree } from '../../../tools/kit/untilFree';
import { cleanUp } from '../../helpers/cleanUp';
import { itOnLinux } from '../../helpers/itOnLinux';

const RUN_MS = 120_000;
const HOSTS = { IPv4: '127.0.0.1', IPv6: '::1', 'IPv4 on a socket for both': '::' };

describe('Before a program starts', () => {
  afterEach(cleanUp);

  /** The port of a server that closed its connection first, and ended. */
  async function portInTimeWait(host: string): Promise<number> {
    const server = net.createServer((client) => client.end()).listen(0, host);
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const client = net.connect(port, host === '::' ? '127.0.0.1' : host).resume();
    await once(client, 'close');
    await once(server.close(), 'close');
    return port;
  }

  for (const [family, host] of Object.entries(HOSTS))
    itOnLinux('/proc', `the kit ends TIME_WAIT on its port immediately: ${family}`, async () => {
      const port = await portInTimeWait(host);
      expect(secondsInTimeWait(port)).to.be.above(0);
      const waited: number[] = [];

      await untilFree(port, new Deadline(RUN_MS), (_, seconds) => waited.push(seconds));

      expect(secondsInTimeWait(port)).to.equal(0);
      expect(waited).to.deep.equal([]);
    });
});
