import { expect } from 'chai';
import { later } from '../../src/socket/later';

describe('later', () => {
  it('calls back when the time is over, and not before', async () => {
    const begun = performance.now();

    await new Promise<void>((resolve) => later(20, resolve));

    expect(performance.now() - begun).to.be.at.least(20);
  });

  it('does not call back once it is forgotten, even if the time is over already', async () => {
    let called = false;
    const forget = later(1, () => (called = true));
    const forgotten = new Promise((resolve) => {
      setTimeout(() => {
        forget();
        setImmediate(resolve);
      }, 1);
    });
    const end = performance.now() + 5;
    while (performance.now() < end); // holds up the event loop: both times are over

    await forgotten;

    expect(called).to.equal(false);
  });

  it('takes times that are longer than a timer of Node', async () => {
    let called = false;
    const warnings: Error[] = [];
    const hear = (warning: Error) => warnings.push(warning);
    process.on('warning', hear);
    const forget = later(Infinity, () => (called = true));

    await new Promise<void>((resolve) => later(5, resolve));
    process.off('warning', hear);

    expect(called).to.equal(false);
    expect(warnings).to.deep.equal([]);
    forget();
  });

  it('asks for no time that is over already: the newest Node would warn on stderr', async () => {
    const { setTimeout: real } = globalThis;
    const asked: (number | undefined)[] = [];
    globalThis.setTimeout = ((callback: () => void, ms?: number) => {
      asked.push(ms);
      return real(callback, ms);
    }) as typeof setTimeout;
    try {
      await new Promise<void>((resolve) => later(-5, resolve));
    } finally {
      globalThis.setTimeout = real;
    }

    expect(asked).to.have.length(1);
    expect(asked[0]).to.be.at.least(0);
  });
});
