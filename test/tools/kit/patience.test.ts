import { expect } from 'chai';
import { Deadline, OutOfTime } from '../../../tools/kit/Deadline';
import { Pace, stretchOf } from '../../../tools/kit/Pace';
import { Probe } from '../../../tools/kit/Probe';
import { ListeningSocket } from '../../../src/socket/ListeningSocket';

const LONG_MS = 60_000;

describe("The kit's patience", () => {
  it('is 1 while its echoes are quick, and grows with the slowest one, up to a limit', () => {
    expect(stretchOf([])).to.equal(1);
    expect(stretchOf([0.2, 4, 1])).to.equal(1);
    expect(stretchOf([0.2, 60, 1])).to.equal(3);
    expect(stretchOf([10_000])).to.equal(6);
  });

  it('is measured with a real echo', async () => {
    await using pace = await Pace.begin();

    expect(pace.stretch).to.be.within(1, 6);
  });

  it('stretches each wait, but not the whole run', () => {
    const deadline = new Deadline(LONG_MS, () => 3);

    expect(deadline.limit(100)).to.equal(300);
    expect(deadline.limit(LONG_MS)).to.be.at.most(LONG_MS);
    expect(() => new Deadline(0).limit(100)).to.throw(OutOfTime);
  });

  it('grows while an answer is waited for', async () => {
    await using welcoming = new ListeningSocket();
    welcoming.bind({ host: '127.0.0.1', port: 0 });
    await welcoming.listen();
    let asked = 0;
    const deadline = new Deadline(LONG_MS, () => {
      asked += 1;
      if (asked < 4) return 1;
      void server.sendall(Buffer.from('late'));
      return LONG_MS;
    });
    const probe = await Probe.open(welcoming.local, 1000, deadline);
    await using server = await welcoming.accept();

    expect(String((await probe.receiveBytes(4, 20)).data)).to.equal('late');
    await probe.breakOff();
  });
});
