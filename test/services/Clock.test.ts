import 'reflect-metadata';
import { expect } from 'chai';
import { Clock, SystemClock } from '../../src/services/Clock';

describe('SystemClock', () => {
  it("is a Clock that tells this machine's time", () => {
    const clock: Clock = new SystemClock();

    const before = Date.now();
    const now = clock.now();
    const after = Date.now();

    expect(clock).to.be.instanceOf(Clock);
    expect(now.getTime()).to.be.within(before, after);
  });

  it('returns a new date each time, so that changing one changes no other', () => {
    const clock = new SystemClock();

    const changed = clock.now();
    changed.setTime(0);

    expect(clock.now().getTime()).to.be.greaterThan(0);
  });
});
