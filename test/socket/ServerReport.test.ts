import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { harmless, ServerReport, withoutErrors } from '../../src/socket/ServerReport';
import { Socket } from '../../src/socket/Socket';

describe('A report', () => {
  it('ignores reports that are not overridden', () => {
    const report = new ServerReport();
    expect(report.connected(new Socket())).to.equal(undefined);
    expect(report.problem(new Error('x'))).to.equal(undefined);
  });

  it('gets the same reports when it is made harmless', () => {
    const told: unknown[] = [];
    const report = new ServerReport();
    report.connected = (client) => told.push(client);
    report.problem = (error) => told.push(error);
    const client = new Socket();
    const error = new Error('x');
    const safe = harmless(report);
    safe.connected(client);
    safe.problem(error);

    expect(told).to.deep.equal([client, error]);
  });

  it('affects nothing by its own errors, not even later ones', async () => {
    const report = new ServerReport();
    report.connected = () => {
      throw new Error('immediately');
    };
    report.problem = () => Promise.reject(new Error('later'));
    const safe = harmless(report);
    safe.connected(new Socket());
    safe.problem(new Error('x'));
    withoutErrors(() => Promise.reject(new Error('later')));
    await setImmediate(); // an unhandled rejection would have failed this test
  });
});
