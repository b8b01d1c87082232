import { expect } from 'chai';
import type { CallRecord, Role, TraceRecord } from '../../src/trace/record';
import { rowsOf } from '../../src/trace/Reducer';
import { callWords } from '../../src/trace/words';

const SERVER = '127.0.0.1:6010';
let clock = 0;

/** One half of a call: it begins, or it returns. */
function half(role: Role, phase: 'call' | 'return', special: Partial<CallRecord>): CallRecord {
  const pid = role === 'server' ? 1 : 2;
  return {
    v: 1,
    type: 'call',
    id: `${role} ${special.call} ${special.sock}`,
    phase,
    t: ++clock,
    role,
    program: role,
    pid,
    proto: 'tcp',
    sock: 1,
    call: '',
    ...special,
  };
}

function accepting(turn: number): CallRecord {
  return half('server', 'call', { call: 'accept', id: `accept ${turn}`, local: SERVER });
}

function accepted(turn: number): CallRecord {
  const peer = `127.0.0.1:${5000 + turn}`;
  const ends = { local: SERVER, peer, result: turn + 1 };
  return half('server', 'return', { call: 'accept', id: `accept ${turn}`, ...ends });
}

function connected(turn: number): CallRecord {
  const local = `127.0.0.1:${5000 + turn}`;
  return half('client', 'return', { call: 'connect', sock: turn, local, peer: SERVER });
}

/** What stands at the server, row by row. */
function atServer(records: TraceRecord[]): string[] {
  return rowsOf(records).flatMap(({ server }) => (server ? [callWords(server)] : []));
}

describe('The rows of a trace', () => {
  it('do not say that accept() waits where it has returned before', () => {
    const records = [
      accepting(1),
      accepted(1),
      accepting(2),
      accepted(2),
      accepting(3),
      accepted(3),
      accepting(4),
      connected(1),
      connected(2),
      connected(3),
    ];

    expect(atServer(records)).to.deep.equal([
      'accept() waits',
      'accept() = #2 :5001',
      'accept() = #3 :5002',
      'accept() = #4 :5003',
      'accept() waits',
    ]);
  });

  it('say that accept() waits where it has waited between two clients', () => {
    const records = [
      accepting(1),
      connected(1),
      accepted(1),
      accepting(2),
      connected(2),
      accepted(2),
    ];

    expect(atServer(records)).to.deep.equal([
      'accept() waits',
      'accept() = #2 :5001',
      'accept() waits',
      'accept() = #3 :5002',
    ]);
  });

  it('have one for each file of the log, with its line', () => {
    const line = '2026-11-27T10:00:00.000Z 127.0.0.1:5001 "How late is it?"';
    const client = '127.0.0.1:5001';
    const logged = { v: 1, type: 'logged', t: 9, pid: 1, file: 'log3.txt', line, client } as const;
    const records = [accepting(1), connected(1), accepted(1), logged];
    const last = rowsOf(records).at(-1);

    expect(atServer(records).at(-1)).to.equal('log3.txt written');
    expect(last?.who).to.equal(5001);
    expect(last?.server?.logged?.line).to.equal(line);
  });
});
