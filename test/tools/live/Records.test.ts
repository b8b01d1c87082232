import { expect } from 'chai';
import { once } from 'node:events';
import { Model } from '../../../tools/page/browser/Model';
import { Records } from '../../../tools/live/Records';
import type { CallRecord } from '../../../src/trace/record';

function socketCall(t: number): CallRecord {
  const who = { role: 'client', program: 'EchoClient', pid: 1, proto: 'tcp' } as const;
  return { v: 1, type: 'call', id: `1.${t}`, phase: 'return', t, ...who, sock: t, call: 'socket' };
}

const timesOf = (records: Records) =>
  records.all.map((record) => (record.type === 'call' ? record.t : undefined));

describe('The records of a run', () => {
  it('come out in order of time, no matter which program sends first', async () => {
    const records = new Records();
    records.add(socketCall(2));
    records.add(socketCall(1));
    await once(records, 'added');

    expect(timesOf(records)).to.deep.equal([1, 2]);
  });

  it('wait for those of a program that has not been read yet', async () => {
    let until = 1;
    const records = new Records(() => until);
    records.add(socketCall(3));
    records.add(socketCall(1));
    await once(records, 'added');
    expect(timesOf(records)).to.deep.equal([1]);

    records.add(socketCall(2));
    until = 3;
    await once(records, 'added');
    expect(timesOf(records)).to.deep.equal([1, 2, 3]);
  });

  it('are the newest 20,000, and discarded ones are counted', () => {
    const records = new Records();
    for (let t = 1; t <= 20_003; t++) records.add(socketCall(t));
    records.settle();

    expect(records.all).to.have.length(20_000);
    expect(timesOf(records)[0]).to.equal(4);
    expect(records.dropped).to.equal(3);
    records.clear();
    expect([records.all.length, records.dropped]).to.deep.equal([0, 0]);
  });
});

describe('The model of the page', () => {
  it('keeps at most 20,000 events, and counts the discarded ones', () => {
    const model = new Model('both', { client: 'EchoClient', server: 'EchoServer' });
    for (let t = 1; t <= 50_000; t++) model.add(socketCall(t));

    expect(model.events.length).to.be.within(18_000, 20_000);
    expect(model.dropped + model.events.length).to.equal(50_000);
    expect(model.events.at(-1)?.client?.t).to.equal(50_000);
  });
});
