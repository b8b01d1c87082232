import { expect } from 'chai';
import * as fc from 'fast-check';
import { ListeningSocket } from '../../src/socket/ListeningSocket';
import { Socket } from '../../src/socket/Socket';
import { type CallRecord, type TraceRecord } from '../../src/trace/record';
import { Recorder } from '../../src/trace/Recorder';
import { rowsOf } from '../../src/trace/Reducer';
import { arrowWords } from '../../src/trace/words';

/** Sends these chunks, and receives with these sizes until end of file; gives the records. */
async function transfer(chunks: Uint8Array[], sizes: number[]): Promise<CallRecord[]> {
  const records: TraceRecord[] = [];
  const recorder = new Recorder({ role: 'server', program: 'test' }, (record) => {
    records.push(record);
  });
  try {
    await using welcoming = new ListeningSocket();
    welcoming.bind({ host: '127.0.0.1', port: 0 });
    await welcoming.listen();
    await using client = new Socket();
    await client.connect(welcoming.local);
    await using server = await welcoming.accept();
    const sending = (async () => {
      await Promise.all(chunks.map((chunk) => client.sendall(chunk)));
      client.shutdown();
    })();
    for (let turn = 0; ; turn++) {
      const data = await server.recv(sizes[turn % sizes.length] ?? 1);
      if (data.length === 0) break;
    }
    await sending;
  } finally {
    recorder.stop();
  }
  return records.filter((record) => record.type === 'call');
}

/** The places in the stream that these calls say they have, each as [from, to]. */
function ranges(records: CallRecord[], call: string, phase: string): [number, number][] {
  return records
    .filter((record) => record.call === call && record.phase === phase)
    .map(({ bytes }) => [bytes?.off ?? -1, (bytes?.off ?? -1) + (bytes?.n ?? 0)]);
}

/** What travels in the picture of it. */
function arrowsOf(records: CallRecord[]): (string | undefined)[] {
  const client = records.find(({ call }) => call === 'connect')?.sock;
  const asTwo = records.map((record): CallRecord => ({
    ...record,
    role: record.sock === client ? 'client' : 'server',
  }));
  return rowsOf(asTwo).flatMap(({ arrow }) => (arrow ? [arrowWords(arrow)] : []));
}

describe('The recorder', () => {
  it('has ranges that tile the stream, however it was sent and received', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 }),
        async (chunks, sizes) => {
          const records = await transfer(chunks, sizes);
          const total = chunks.reduce((sum, { length }) => sum + length, 0);
          for (const all of [
            ranges(records, 'sendall', 'call'),
            ranges(records, 'recv', 'return'),
          ]) {
            const starts = all.map(([from]) => from);
            const ends = all.map(([, to]) => to);
            expect(starts).to.deep.equal([0, ...ends.slice(0, -1)]);
            expect(ends.at(-1)).to.equal(total);
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('has an arrow that says so where two sends came in one recv', async () => {
    const texts = arrowsOf(await transfer([Buffer.from('ab'), Buffer.from('cd')], [1000]));

    expect(texts).to.deep.equal(['3-way handshake', '2 sends in 1 recv: "abcd"', 'end of file']);
  });

  it('has an arrow for each piece in which one send came', async () => {
    const texts = arrowsOf(await transfer([Buffer.from('abcdef')], [2, 3, 10]));

    expect(texts).to.deep.equal([
      '3-way handshake',
      'the first 2 B: "ab"',
      'the next 3 B: "cde"',
      'the next 1 B: "f"',
      'end of file',
    ]);
  });

  it('has two records for each call, with one id, and says how long it took', async () => {
    const records = await transfer([Buffer.from('hello')], [100]);
    const begun = records.filter(({ phase }) => phase === 'call');

    for (const { id, call, t } of begun) {
      const over = records.find((record) => record.id === id && record.phase !== 'call');
      expect(over, call).to.include({ call, phase: 'return' });
      expect(over?.d).to.be.closeTo((over?.t ?? 0) - t, 0.002);
    }
    expect(new Set(begun.map(({ id }) => id)).size).to.equal(begun.length);
  });

  it('keeps the first 256 bytes, and says that there are more', async () => {
    const records = await transfer([Buffer.alloc(300, 'x')], [1000]);
    const sent = records.find(({ call }) => call === 'sendall');

    expect(sent?.bytes).to.deep.equal({
      n: 300,
      off: 0,
      b64: Buffer.alloc(256, 'x').toString('base64'),
      truncated: true,
    });
  });

  it('says what was thrown', async () => {
    const records: TraceRecord[] = [];
    const recorder = new Recorder({ role: 'client', program: 'test' }, (record) => {
      records.push(record);
    });
    await using socket = new Socket();
    await socket.recv(1).catch(() => undefined);
    recorder.stop();

    expect(records.at(-1)).to.deep.include({
      call: 'recv',
      phase: 'throw',
      error: { code: 'ENOTCONN', message: 'recv() failed: the socket is not connected' },
    });
  });
});
