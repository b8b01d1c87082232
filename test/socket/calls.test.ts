import { expect } from 'chai';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { call, type Call, created } from '../../src/socket/calls';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { rejection } from '../helpers/rejection';

const PHASES = ['start', 'asyncEnd', 'error'] as const;
const FAILURE = new Error('it fails');

class Watched {
  /** A method that returns, or throws, immediately or later. */
  plain(value: unknown): unknown {
    if (value === FAILURE) throw FAILURE;
    return value;
  }

  later(value: unknown): Promise<unknown> {
    return value === FAILURE ? Promise.reject(FAILURE) : Promise.resolve(value);
  }
}

for (const name of ['plain', 'later'] as const) {
  const descriptor = Object.getOwnPropertyDescriptor(Watched.prototype, name) ?? {};
  call(Watched, name, descriptor);
  Object.defineProperty(Watched.prototype, name, descriptor);
}

describe('The channel of calls', () => {
  afterEach(cleanUp);

  /** What is told from now on: the phase, and the call as it was then. */
  function listen(): [phase: string, told: Call][] {
    const told: [string, Call][] = [];
    for (const phase of PHASES) {
      const hear = (message: unknown) => told.push([phase, { ...(message as Call) }]);
      subscribe(`tracing:lab3:calls:${phase}`, hear);
      afterwards(() => unsubscribe(`tracing:lab3:calls:${phase}`, hear));
    }
    return told;
  }

  it('reports the beginning of a call, and its result', async () => {
    const told = listen();
    const socket = new Watched();
    expect(socket.plain(7)).to.equal(7);
    expect(await socket.later(8)).to.equal(8);

    const plain = { socket, name: 'plain', args: [7] };
    const later = { socket, name: 'later', args: [8] };
    expect(told).to.deep.equal([
      ['start', plain],
      ['asyncEnd', { ...plain, result: 7 }],
      ['start', later],
      ['asyncEnd', { ...later, result: 8 }],
    ]);
  });

  it('reports what it threw, and still throws it', async () => {
    const told = listen();
    const socket = new Watched();
    expect(() => socket.plain(FAILURE)).to.throw(FAILURE);
    expect(await rejection(socket.later(FAILURE))).to.equal(FAILURE);

    expect(told.map(([phase, { name, error }]) => [phase, name, error])).to.deep.equal([
      ['start', 'plain', undefined],
      ['error', 'plain', FAILURE],
      ['start', 'later', undefined],
      ['error', 'later', FAILURE],
    ]);
  });

  it('reports that a socket was created', () => {
    const socket = {};
    created(socket); // nobody hears it
    const told = listen();
    created(socket);

    const made = { socket, name: 'socket', args: [] };
    expect(told).to.deep.equal([
      ['start', made],
      ['asyncEnd', { ...made, result: undefined }],
    ]);
  });

  it('changes nothing without subscribers', async () => {
    const socket = new Watched();
    expect([socket.plain(7), await socket.later(8)]).to.deep.equal([7, 8]);
    expect(() => socket.plain(FAILURE)).to.throw(FAILURE);
  });
});
