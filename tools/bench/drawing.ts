import type { CallRecord } from '../../src/trace/record';
import { rowsOf } from '../../src/trace/Reducer';

/** How many bytes each send has. */
const BYTES = 8;

/** How many ms it takes to make rows of this many sends, all before the first recv. */
export function timeToDraw(sends: number): number {
  const records = recordsOf(sends);
  const begun = performance.now();
  rowsOf(records);
  return performance.now() - begun;
}

function recordsOf(sends: number): CallRecord[] {
  const [one, other] = ['127.0.0.1:50000', '127.0.0.1:65432'];
  const both = { v: 1, type: 'call', proto: 'tcp', sock: 1 } as const;
  const client = {
    ...both,
    role: 'client',
    program: 'client',
    pid: 1,
    local: one,
    peer: other,
  } as const;
  const server = {
    ...both,
    role: 'server',
    program: 'server',
    pid: 2,
    local: other,
    peer: one,
  } as const;
  const bytesOf = (index: number) => {
    const b64 = Buffer.from(String(index).padStart(BYTES)).toString('base64');
    return { n: BYTES, off: index * BYTES, b64, truncated: false };
  };
  const numbers = Array.from({ length: sends }, (_, index) => index);
  return [
    { ...client, id: 'connect', phase: 'return', t: 0, call: 'connect', args: [other] },
    { ...server, id: 'accept', phase: 'return', t: 0, call: 'accept' },
    ...numbers.map((t) => {
      const bytes = bytesOf(t);
      return { ...client, id: `send ${t}`, phase: 'call', t, call: 'sendall', bytes } as const;
    }),
    ...numbers.map((t) => {
      const bytes = bytesOf(t);
      return { ...server, id: `recv ${t}`, phase: 'return', t, call: 'recv', bytes } as const;
    }),
  ];
}
