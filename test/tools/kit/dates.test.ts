import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { isNow, tellsSeconds } from '../../../tools/kit/dates';
import { itWith } from '../../helpers/itOnLinux';

const NOW = new Date(2026, 10, 25, 13, 5, 9);
const UTC = NOW.toISOString();

describe('isNow', () => {
  for (const text of [
    '2026-11-25T13:05:09.123+11:00',
    '2026-11-25 13:05:09.123456',
    '2026-11-25 13:05:09.123 +0000 UTC m=+0.000012',
    'Wed Nov 25 13:05:09 2026',
    'Wed Nov 25 13:05:09 UTC 2026',
    'Wed, 25 Nov 2026 13:05:09 +0000',
    '25.11.2026',
    '25/11/26 13:05',
    '11/25/2026, 1:05:09 PM',
    '20261125T130509',
    'It is 1:05 PM, what else?',
    "13h05, l'heure exacte",
    'November 25, 2026',
    String(Math.floor(NOW.getTime() / 1000)),
    String(NOW.getTime()),
    `${NOW.getTime() / 1000}`,
    UTC,
    UTC.slice(11, 16),
    'Wed Nov 25 13:04:59 2026', // asked before the minute was full
  ]) {
    it(`takes ${JSON.stringify(text)} for now`, () => {
      expect(isNow(text, NOW)).to.equal(true);
    });
  }

  for (const text of [
    '',
    'What time is it?',
    '1970-01-01 00:00:00',
    '2026-10-24 09:35:09',
    '2026-11-24 09:13:05', // ends like the time of now
    '2026-11-24 09.13.05',
    '2026-11-24 12:25:09', // has the day of now as its minute,
    '2026-11-24 12:00:25.5', // its second,
    '2026-11-24 12:00:09.25', // its fraction,
    'Tue Nov 24 12:00:09 +0025 2026', // and its zone
    'Tue Oct 24 09:35:09 2026',
    '25',
    '2026',
    '113:05',
    '13:055',
    String(Math.floor(NOW.getTime() / 1000) - 3600),
  ]) {
    it(`does not take ${JSON.stringify(text)} for now`, () => {
      expect(isNow(text, NOW)).to.equal(false);
    });
  }

  it('takes no number for the day and for the month', () => {
    const eleventh = new Date(2026, 10, 11, 13, 5, 9);

    expect(isNow('2026-11-10', eleventh)).to.equal(false);
    expect(isNow('2026-11-11', eleventh)).to.equal(true);
  });

  itWith('date', 'takes what the date command prints for now', () => {
    expect(isNow(execFileSync('date', { encoding: 'utf8' }), new Date())).to.equal(true);
  });
});

describe('tellsSeconds', () => {
  it('knows a time with seconds, and a count of them', () => {
    expect(['13:05:09', '1764075909'].map(tellsSeconds)).to.deep.equal([true, true]);
    expect(['13:05', '2026-11-25'].map(tellsSeconds)).to.deep.equal([false, false]);
  });
});
