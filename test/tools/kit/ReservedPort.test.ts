import { expect } from 'chai';
import { ListeningSocket } from '../../../src/socket/ListeningSocket';
import { ReservedPort } from '../../../tools/kit/ReservedPort';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { rejection } from '../../helpers/rejection';

const HOST = '127.0.0.1';
/** Three ports that the kit itself does not take, nor another copy of this test. */
const FIRST = 10_000 + 3 * (process.pid % 3000);

async function reserve(count: number): Promise<ReservedPort> {
  const reserved = await ReservedPort.on(HOST, FIRST, FIRST + count);
  afterwards(() => reserved[Symbol.asyncDispose]());
  return reserved;
}

describe('ReservedPort', () => {
  afterEach(cleanUp);

  it('is reserved, although no program listens on it', async () => {
    const ports = [await reserve(3), await reserve(3), await reserve(3)].map(({ port }) => port);

    expect(new Set(ports)).to.deep.equal(new Set([FIRST, FIRST + 1, FIRST + 2]));
    expect(await rejection(reserve(3)))
      .to.have.property('message')
      .that.contains('is free');
  });

  it('can be listened on, and is given back', async () => {
    const reserved = await ReservedPort.on(HOST, FIRST, FIRST + 1);
    const welcoming = new ListeningSocket();
    afterwards(() => welcoming.close());
    welcoming.bind({ host: HOST, port: reserved.port });
    await welcoming.listen();
    await welcoming.close();

    await reserved[Symbol.asyncDispose]();

    expect((await reserve(1)).port).to.equal(FIRST);
  });

  it('is not one that a server has', async () => {
    const welcoming = new ListeningSocket();
    afterwards(() => welcoming.close());
    welcoming.bind({ host: HOST, port: FIRST });
    await welcoming.listen();

    expect((await reserve(2)).port).to.equal(FIRST + 1);
  });
});
