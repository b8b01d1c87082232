import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import type { CallRecord } from '../../../src/trace/record';
import { LiveServer } from '../../../tools/live/LiveServer';
import { afterwards, cleanUp } from '../../helpers/cleanUp';

const MiB = 1024 * 1024;
const MOST_RECORDS = 20_000;

function record(t: number): CallRecord {
  const reason = 'x'.repeat(2000);
  const error = { code: 'EPIPE', message: reason };
  return { v: 1, type: 'call', t, call: 'recv', phase: 'throw', error } as unknown as CallRecord;
}

describe('The live server', () => {
  afterEach(cleanUp);

  /** Listens as a page does that has not read a byte yet. */
  async function listen(url: URL): Promise<net.Socket> {
    const page = net.connect(Number(url.port), url.hostname).pause();
    afterwards(() => page.destroy());
    await once(page, 'connect');
    page.write(`GET ${url.pathname}events HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
    return page;
  }

  it('keeps nothing for pages that do not read, and tells them later what is kept', async () => {
    const live = new LiveServer();
    afterwards(() => live.stop());
    const url = new URL(await live.start(0));
    const page = await listen(url);
    for (let more = 0; more < 40; more++) await listen(url);
    const before = process.memoryUsage().rss;

    for (let t = 1; t <= 2 * MOST_RECORDS; t++) {
      live.lab.records.add(record(t));
      if (t % 1000 === 0) live.lab.records.settle();
    }
    let told = '';
    page.on('data', (data: Buffer) => (told += String(data))).resume();
    while (!told.includes(`"t":${2 * MOST_RECORDS},`)) await once(page, 'data');

    // 40 pages that are each told 20,000 records of 2 KB would be 1,600 MB.
    expect(process.memoryUsage().rss - before).to.be.below(400 * MiB);
    const anew = told.slice(told.lastIndexOf('event: cleared'));
    expect(anew).to.match(/^event: cleared\ndata: \{\}\n\n/);
    expect(anew).to.contain(`"dropped":${MOST_RECORDS}`);
    expect(anew.match(/^event: record$/gm)).to.have.length(MOST_RECORDS);
  });
});
