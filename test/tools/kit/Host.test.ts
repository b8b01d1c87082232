import { expect } from 'chai';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { readSockets } from '../../../src/socket/socketTable';
import { secondsInTimeWait } from '../../../src/socket/timeWait';
import { Deadline } from '../../../tools/kit/Deadline';
import { Host } from '../../../tools/kit/Host';
import { ReservedPort } from '../../../tools/kit/ReservedPort';
import { freePort } from '../../helpers/freePort';
import { itOnLinux } from '../../helpers/itOnLinux';

const host = '127.0.0.1';
const LONG_MS = 60_000;

describe('Host', () => {
  itOnLinux('/proc', 'leaves its port free, even if it has closed first', async () => {
    const port = await freePort();
    const isInTimeWait = () =>
      readSockets('tcp').some((socket) => socket.port === port && socket.state === '06');
    const server = await Host.open({ host, port }, new Deadline(LONG_MS));
    // A port that the system gives to nobody else meanwhile.
    await using reserved = await ReservedPort.on(host);
    const client = connect({ host, port, localAddress: host, localPort: reserved.port });
    const probe = await server.client(LONG_MS);

    probe?.shutdown();
    await once(client.resume(), 'close');
    while (!isInTimeWait()) await setImmediate();
    await server.close();

    expect(isInTimeWait()).to.equal(false);
    expect(secondsInTimeWait(port)).to.equal(0);
  });
});
