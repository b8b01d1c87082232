import { expect } from 'chai';
import * as fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { toMermaid } from '../../../tools/trace/mermaid';
import { namesIn, pictureOf } from '../../../tools/trace/picture';
import { parseTrace } from '../../../src/trace/record';
import { rowsOf } from '../../../src/trace/Reducer';
import { arrowWords, callWords } from '../../../src/trace/words';
import { ROOT } from '../../helpers/Program';

/** Kept from real runs with --trace-file; beside each the picture of it. */
const FOLDER = path.join(ROOT, 'test/fixtures/trace');
const LOOKS = [
  ['100 columns', { columns: 100, isAscii: false, hasColor: false }],
  ['80 columns', { columns: 80, isAscii: false, hasColor: false }],
  ['50 columns', { columns: 50, isAscii: false, hasColor: false }],
  ['80 columns, ASCII', { columns: 80, isAscii: true, hasColor: false }],
] as const;

function recordsOf(name: string) {
  return parseTrace(readFileSync(path.join(FOLDER, `${name}.jsonl`), 'utf8'));
}

/** The same run in which other bytes travelled. */
function withData(name: string, data: string): ReturnType<typeof recordsOf> {
  const b64 = Buffer.from(data).toString('base64');
  return recordsOf(name).map((record) =>
    record.type === 'call' && record.bytes && record.bytes.n > 0
      ? { ...record, bytes: { ...record.bytes, b64 } }
      : record,
  );
}

describe('The picture of a trace', () => {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => file.replace('.jsonl', ''));

  for (const name of names) {
    it(`of ${name} is as it was`, () => {
      const golden = readFileSync(path.join(FOLDER, `${name}.txt`), 'utf8');
      const drawn = LOOKS.map(
        ([title, look]) => `${title}\n\n${pictureOf(recordsOf(name), look)}`,
      ).join('\n');

      expect(drawn).to.equal(golden);
    });
  }

  it('has one for each thing that goes wrong', () => {
    expect(names).to.include.members([
      'refused',
      'in-use',
      'reset',
      'time-out',
      'lost',
      'hang',
      'cut-off',
      'relay',
      'killed',
    ]);
  });

  it('is never wider than the terminal, and nothing in it steers that', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('echo', 'lost', 'three-clients', 'hang'),
        fc.string({ unit: 'binary', maxLength: 300 }),
        fc.integer({ min: 20, max: 200 }),
        (name, data, columns) => {
          const look = { columns, isAscii: false, hasColor: false };
          for (const line of pictureOf(withData(name, data), look).split('\n')) {
            expect(Array.from(line).length).to.be.at.most(columns);
            expect(line).not.to.match(/\p{Cc}/u);
          }
        },
      ),
    );
  });

  it('gives characters of East Asia the two columns that they take', () => {
    const look = { columns: 100, isAscii: false, hasColor: false };
    const picture = pictureOf(withData('echo', '世界世界'), look).split('\n');

    expect(picture.find((line) => line.includes('世界'))).to.match(/│─+ "世界世界" ─+►│/);
    const [wide, plain] = [picture.find((line) => line.includes('世')), picture[3]].map((line) =>
      (line ?? '').lastIndexOf('│'),
    );
    expect(wide).to.equal((plain ?? 0) - 4);
  });

  it('is red where something failed, if there are colours', () => {
    const look = { columns: 100, isAscii: false, hasColor: true };
    const red = pictureOf(recordsOf('refused'), look)
      .split('\n')
      .filter((line) => line.includes('\u001b[31m'));

    expect(red).to.have.length(2);
    expect(red[0]).to.contain('ECONNREFUSED');
  });

  it('can be a diagram of Mermaid, in which text from the network stays text', () => {
    const records = withData('echo', 'a; b#c\nNote over client: <b>%%{init}%%');
    const diagram = toMermaid(rowsOf(records), namesIn(records));

    expect(diagram).to.match(/^sequenceDiagram\n {2}participant client as EchoClient\n/);
    expect(diagram).to.match(
      /^ {2}client->>server: connect\(127\.0\.0\.1:\d+\) · 3-way handshake · /m,
    );
    expect(diagram).not.to.match(/^ *Note over/m);
    expect(diagram).not.to.match(/[<>]b|%%|a;/);
  });
});

describe('A connection that is made at the third try', () => {
  for (const first of ['connect', 'accept'])
    it(`says so, when ${first}() is the first to return`, () => {
      const calls = recordsOf('echo').filter((record) => record.type === 'call');
      const [connect, accept] = ['connect', 'accept'].map((name) =>
        calls.find(({ call, phase }) => call === name && phase === 'return'),
      );
      if (!connect || !accept) throw new Error('it has no handshake');
      const error = { code: 'ECONNREFUSED', message: 'connection refused' };
      const failed = { ...connect, phase: 'throw', error } as const;
      const pair = first === 'connect' ? [connect, accept] : [accept, connect];

      const words = rowsOf([failed, failed, ...pair]).map(
        ({ client }) => client && callWords(client),
      );

      expect(words).to.deep.equal([
        `connect(${connect.args?.[0]})`,
        `connect(${connect.args?.[0]}), try 3`,
      ]);
    });
});

describe('A later connection', () => {
  it('that has the ports of an earlier one is drawn as that was', () => {
    const records = recordsOf('echo').filter((record) => record.type === 'call');
    const last = Math.max(...records.map(({ t }) => t));
    const again = records
      .filter(({ role, sock, call }) => role === 'client' || sock > 1 || call === 'accept')
      .map((record) => ({ ...record, id: `${record.id}.again`, t: record.t + last }));
    const closes = rowsOf([...records, ...again])
      .filter(({ client, server }) => [client, server].some((mark) => mark?.call === 'close'))
      .map(({ client, arrow, server }) => [
        client && callWords(client),
        arrow && arrowWords(arrow),
        server && callWords(server),
      ]);

    const [end, close] = [
      ['close()', 'end of file', 'recv() = 0'],
      [undefined, undefined, 'close() #2'],
    ];
    expect(closes).to.deep.equal([end, close, end, close]);
  });
});

describe('A trace', () => {
  it('of another version, or that is not one, is refused with a clear message', () => {
    expect(() => parseTrace('{"v":2,"type":"run"}\n')).to.throw('it has version 2');
    expect(() => parseTrace('Hello, world\n')).to.throw('line 1 is not a record');
    for (const type of ['relay', 'killed', 'else'])
      expect(() => parseTrace(`{"v":1,"type":"${type}","t":1}\n`)).to.throw(
        'line 1 is not a record',
      );
    expect(() => parseTrace('')).to.throw('there is no record in it');
    expect(() => parseTrace('{"v":1,"type":"run"}\n{}\n{"v":1,"type":"run"}\n')).to.throw(
      'line 2 is not a record',
    );
  });

  it('that is damaged in any field is refused with a clear message', () => {
    const records = recordsOf('echo');
    const call = records.find((record) => record.type === 'call' && record.bytes);
    const damages = [
      { program: 7 },
      { pid: '1' },
      { sock: null },
      { args: 'x' },
      { args: [{}] },
      { local: 4 },
      { peer: [] },
      { at: 'src/EchoServer.ts' },
      { at: { file: 'x', line: '3', col: 1, fn: 'f' } },
      { bytes: { n: 1, off: 0, b64: '!', truncated: false } },
      { error: 'ECONNRESET' },
      { t: null },
    ];
    for (const damage of damages) {
      const lines = [records[0], { ...call, ...damage }, ...records];
      const text = lines.map((record) => JSON.stringify(record)).join('\n');
      expect(() => parseTrace(text), JSON.stringify(damage)).to.throw('line 2 is not a record');
    }
  });

  it('is printed as text, whatever a field of it says', () => {
    const evil = '\u001b]0;owned\u0007\nNote over client: forged\u009b2J';
    const text = recordsOf('lost')
      .concat(recordsOf('killed'), recordsOf('relay'))
      .map((record) =>
        JSON.stringify(record, (key, value: unknown) =>
          typeof value === 'string' &&
          !['type', 'phase', 'role', 'proto', 'direction', 'fate', 'b64', 'id'].includes(key)
            ? `${value}${evil}`
            : value,
        ),
      )
      .join('\n');
    const records = parseTrace(text);

    const look = { columns: 200, isAscii: false, hasColor: false };
    expect(pictureOf(records, look).replaceAll('\n', '')).not.to.match(/\p{Cc}/u);
    const diagram = toMermaid(rowsOf(records), namesIn(records));
    expect(diagram.replaceAll('\n', '')).not.to.match(/\p{Cc}/u);
    expect(diagram).not.to.match(/^ *Note over client: forged/m);
  });

  it('may have unknown fields and calls', () => {
    const records = recordsOf('echo');
    const known = records.find((record) => record.type === 'call');
    const unknown = { ...known, id: '1.999', call: 'getsockopt', more: true };
    const text = [unknown, { ...unknown, phase: 'return' }, ...records]
      .map((record) => JSON.stringify(record))
      .join('\n');

    expect(rowsOf(parseTrace(text)).length).to.equal(rowsOf(recordsOf('echo')).length + 1);
  });
});
