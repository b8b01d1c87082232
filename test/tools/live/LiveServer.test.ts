import { expect } from 'chai';
import { once } from 'node:events';
import * as http from 'node:http';
import * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { CallRecord } from '../../../src/trace/record';
import { LiveServer } from '../../../tools/live/LiveServer';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { freePort } from '../../helpers/freePort';

const MiB = 1024 * 1024;
const MOST_RECORDS = 20_000;

function record(t: number): CallRecord {
  const reason = 'x'.repeat(2000);
  const error = { code: 'EPIPE', message: reason };
  return { v: 1, type: 'call', t, call: 'recv', phase: 'throw', error } as unknown as CallRecord;
}

/** The events that a page is told: their names, and what they say. */
async function* eventsOn(page: net.Socket): AsyncGenerator<[name: string, news: string]> {
  let rest = '';
  for await (const data of page as AsyncIterable<Buffer>) {
    const events = `${rest}${String(data)}`.split('\n\n');
    rest = events.pop() ?? '';
    for (const event of events) {
      const [, name = '', news = ''] = /event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
      yield [name, news];
    }
  }
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

  it('answers to its outside name, if it has one, and to no other', async () => {
    const outside = new URL('https://name-6080.example');
    const live = new LiveServer(undefined, outside);
    afterwards(() => live.stop());
    const port = await freePort();
    const url = new URL(await live.start(port));
    const ask = async (headers: http.OutgoingHttpHeaders) => {
      const request = http.get({ host: '127.0.0.1', port, path: url.pathname, headers });
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      response.resume();
      return response.statusCode;
    };

    expect(url.origin).to.equal(outside.origin);
    expect(await ask({ host: outside.host, origin: outside.origin })).to.equal(200);
    expect(await ask({ host: `localhost:${port}`, origin: outside.origin })).to.equal(200);
    expect(await ask({ host: 'other.example' })).to.equal(403);
    expect(await ask({ host: outside.host, origin: 'http://name-6080.example' })).to.equal(403);
    expect(await ask({ host: outside.host, 'sec-fetch-site': 'cross-site' })).to.equal(403);
  });

  it('keeps nothing for pages that do not read, and sends them the kept records later', async () => {
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
    for (let turn = 0; turn < 50; turn++) await setImmediate();
    // 40 pages that are each kept 20,000 records of 2 KB would be 1,600 MB.
    expect(process.memoryUsage().rss - before).to.be.below(400 * MiB);

    let records = 0;
    let dropped = 0;
    for await (const [name, news] of eventsOn(page)) {
      if (name === 'cleared') records = 0;
      if (name === 'state') dropped = Number(/"dropped":(\d+)/.exec(news)?.[1]);
      if (name === 'record') records += 1;
      if (news.includes(`"t":${2 * MOST_RECORDS},`)) break;
    }

    expect({ records, dropped }).to.deep.equal({ records: MOST_RECORDS, dropped: MOST_RECORDS });
  });
});
