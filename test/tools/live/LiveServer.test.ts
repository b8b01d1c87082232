import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import { LiveServer } from '../../../tools/live/LiveServer';
import type { CallRecord } from '../../../src/trace/record';
import { afterwards, cleanUp } from '../../helpers/cleanUp';

const MIB = 1024 * 1024;

describe('The live server', () => {
  afterEach(cleanUp);

  it('parts with a page that does not read, before that takes its memory', async () => {
    const live = new LiveServer();
    afterwards(() => live.stop());
    const { host, port } = new URL(await live.start(0));
    const page = net.connect(Number(port), '127.0.0.1');
    afterwards(() => page.destroy());
    page.write(`GET /events HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await once(page, 'readable');
    const big = {
      v: 1,
      type: 'call',
      error: { message: 'x'.repeat(MIB) },
    } as unknown as CallRecord;

    for (let told = 0; told < 200; told++) live.lab.records.emit('record', big);
    page.resume();
    let received = 0;
    page.on('data', (data: Buffer) => (received += data.length));
    page.on('error', () => undefined);
    await once(page, 'close');

    expect(received).to.be.below(200 * MIB);
  });
});
