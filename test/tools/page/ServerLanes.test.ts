import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseTrace } from '../../../src/trace/record';
import type { Mark } from '../../../src/trace/rows';
import { Model } from '../../../tools/page/browser/Model';
import { ServerLanes } from '../../../tools/page/browser/ServerLanes';
import { ROOT } from '../../helpers/Program';

function mark(call: string, sock: number, more: Partial<Mark> = {}): Mark {
  const at = undefined;
  return { call, sock, state: 'done', pid: 1, t: 0, d: 0, at, lab: at, ...more };
}

/** Takes clients at these ports, one after the other, and gives the lanes of their sockets. */
function takeAll(lanes: ServerLanes, ports: readonly number[]): (number | undefined)[] {
  return ports.map((accepted, index) => {
    const server = mark('accept', 1, { named: index + 2, accepted });
    return lanes.place({ server, who: accepted }, index).born;
  });
}

describe('The life lines of a server’s sockets', () => {
  it('are one for the welcoming socket, and one for each that it gives', () => {
    const lanes = new ServerLanes();
    const [first, second] = takeAll(lanes, [5001, 5002]);
    expect([first, second]).to.deep.equal([1, 2]);
    expect(lanes.place({ server: mark('recv', 3), who: 5002 }, 2)).to.deep.equal({
      lane: 2,
      born: undefined,
    });
    expect(lanes.place({ who: 5001 }, 3).lane).to.equal(1);
    expect(lanes.sockets.map(({ number, kind }) => [number, kind])).to.deep.equal([
      [1, 'welcoming'],
      [2, 'accepted'],
      [3, 'accepted'],
    ]);
  });

  it('end with close(), and are used again', () => {
    const lanes = new ServerLanes();
    takeAll(lanes, [5001]);
    lanes.place({ server: mark('close', 2, { named: 2 }), who: 5001 }, 1);
    expect(lanes.sockets[1]?.to).to.equal(1);
    const server = mark('accept', 1, { named: 3, accepted: 5002 });

    expect(lanes.place({ server, who: 5002 }, 5).born).to.equal(1);
    expect(lanes.count).to.equal(2);
  });

  it('are at most five: those that come then share the last', () => {
    const lanes = new ServerLanes();
    const ports = Array.from({ length: 9 }, (_, index) => 5001 + index);
    expect(takeAll(lanes, ports)).to.deep.equal([1, 2, 3, 4, 4, 4, 4, 4, 4]);
    expect(lanes.count).to.equal(5);
  });

  it('are different for a second server', () => {
    const lanes = new ServerLanes();
    lanes.place({ server: mark('socket', 1) }, 0);
    const other = lanes.place({ server: mark('socket', 1, { pid: 2 }) }, 1);

    expect(other.lane).to.equal(1);
    expect(lanes.sockets[1]?.kind).to.equal('other');
  });

  it('are found in a real run, each from its accept to its close', () => {
    const file = path.join(ROOT, 'test/fixtures/trace/three-clients.jsonl');
    const model = Model.of(parseTrace(readFileSync(file, 'utf8')));
    const accepted = model.sockets.filter(({ kind }) => kind === 'accepted');

    expect(accepted.map(({ number }) => number)).to.deep.equal([2, 3, 4]);
    for (const { number, from, to = -1 } of accepted) {
      expect(model.events[from]?.server).to.include({ call: 'accept', named: number });
      expect(model.events[to]?.server).to.include({ call: 'close', named: number });
      for (const event of model.events)
        if (event.server?.sock === number) expect(event.place.lane).to.be.above(0);
    }
  });
});
