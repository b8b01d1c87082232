import { expect } from 'chai';
import fc from 'fast-check';
import { formatRfc3339, isRfc3339 } from '../../src/text/rfc3339';
import { cleanUp } from '../helpers/cleanUp';
import { setZone } from '../helpers/setZone';

/** A moment in Greenwich, a zone, and what is expected there. */
const EXPECTED = [
  ['2026-11-23T12:50:44.123Z', 'UTC', '2026-11-23T12:50:44.123+00:00'],
  ['2026-11-23T12:50:44.123Z', 'Australia/Sydney', '2026-11-23T23:50:44.123+11:00'],
  ['2026-11-23T12:50:44.123Z', 'Asia/Kolkata', '2026-11-23T18:20:44.123+05:30'],
  ['2026-11-23T12:50:44.123Z', 'America/St_Johns', '2026-11-23T09:20:44.123-03:30'],
  ['2026-11-23T12:50:44.123Z', 'Asia/Kathmandu', '2026-11-23T18:35:44.123+05:45'],
  // every part is padded
  ['2026-01-02T03:04:05.006Z', 'UTC', '2026-01-02T03:04:05.006+00:00'],
  ['2026-01-02T03:04:05.000Z', 'UTC', '2026-01-02T03:04:05.000+00:00'],
  // another year there
  ['2026-12-31T23:00:00.000Z', 'Pacific/Kiritimati', '2027-01-01T13:00:00.000+14:00'],
  ['2027-01-01T00:00:00.000Z', 'Pacific/Pago_Pago', '2026-12-31T13:00:00.000-11:00'],
  // summer time begins, and ends
  ['2026-03-29T00:59:59.999Z', 'Europe/Berlin', '2026-03-29T01:59:59.999+01:00'],
  ['2026-03-29T01:00:00.000Z', 'Europe/Berlin', '2026-03-29T03:00:00.000+02:00'],
  ['2026-10-25T00:59:59.999Z', 'Europe/Berlin', '2026-10-25T02:59:59.999+02:00'],
  ['2026-10-25T01:00:00.000Z', 'Europe/Berlin', '2026-10-25T02:00:00.000+01:00'],
  ['2026-03-08T05:29:59.999Z', 'America/St_Johns', '2026-03-08T01:59:59.999-03:30'],
  ['2026-03-08T05:30:00.000Z', 'America/St_Johns', '2026-03-08T03:00:00.000-02:30'],
  ['2026-11-01T04:29:59.999Z', 'America/St_Johns', '2026-11-01T01:59:59.999-02:30'],
  ['2026-11-01T04:30:00.000Z', 'America/St_Johns', '2026-11-01T01:00:00.000-03:30'],
  // by half an hour
  ['2026-10-03T15:29:59.999Z', 'Australia/Lord_Howe', '2026-10-04T01:59:59.999+10:30'],
  ['2026-10-03T15:30:00.000Z', 'Australia/Lord_Howe', '2026-10-04T02:30:00.000+11:00'],
  ['2026-04-04T14:59:59.999Z', 'Australia/Lord_Howe', '2026-04-05T01:59:59.999+11:00'],
  ['2026-04-04T15:00:00.000Z', 'Australia/Lord_Howe', '2026-04-05T01:30:00.000+10:30'],
] as const;

const ZONES = [
  'UTC',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Europe/Berlin',
  'Europe/Dublin',
  'Pacific/Apia', // left out a day
];

describe('formatRfc3339', () => {
  afterEach(cleanUp);

  for (const [moment, zone, text] of EXPECTED) {
    it(`writes ${moment} in ${zone} as ${text}`, () => {
      setZone(zone);

      expect(formatRfc3339(new Date(moment))).to.equal(text);
    });
  }

  it('reads the offset again for the same second on the clock', () => {
    setZone('Europe/Berlin');

    expect(formatRfc3339(new Date('2026-10-25T00:30:00Z'))).to.equal(
      '2026-10-25T02:30:00.000+02:00',
    );
    expect(formatRfc3339(new Date('2026-10-25T01:30:00Z'))).to.equal(
      '2026-10-25T02:30:00.000+01:00',
    );
  });

  for (const zone of ZONES) {
    it(`writes any moment from 1990 to 2100 in ${zone} so that it is read as the same`, () => {
      setZone(zone);
      const min = new Date('1990-01-01T00:00:00Z');
      const max = new Date('2100-12-31T23:59:59.999Z');

      fc.assert(
        fc.property(fc.date({ min, max, noInvalidDate: true }), (moment) => {
          const text = formatRfc3339(moment);

          expect(new Date(text).getTime()).to.equal(moment.getTime());
          expect(isRfc3339(text), text).to.be.true;
        }),
      );
    });
  }
});

describe('isRfc3339', () => {
  for (const text of [
    '2026-11-23T23:50:44.123+11:00',
    '2026-11-23T12:50:44Z',
    '2026-11-23T12:50:44.1-03:30',
    '2026-11-23t12:50:44.123456789z',
    '1990-12-31T23:59:60Z',
    '1990-12-31T15:59:60.5-08:00',
    '2017-01-01t05:29:60+05:30',
    '2026-11-23T12:50:44-00:00',
  ]) {
    it(`takes ${text}`, () => {
      expect(isRfc3339(text)).to.be.true;
    });
  }

  for (const [what, text] of [
    ['nothing', ''],
    ['no zone', '2026-11-23T23:50:44.123'],
    ['a zone without minutes', '2026-11-23T23:50:44.123+11'],
    ['a zone without a colon', '2026-11-23T23:50:44.123+1100'],
    ['month 13', '2026-13-23T23:50:44.123+11:00'],
    ['month 0', '2026-00-23T23:50:44.123+11:00'],
    ['hour 25', '2026-11-23T25:50:44.123+11:00'],
    ['minute 60', '2026-11-23T23:60:44.123+11:00'],
    ['no time', '2026-11-23'],
    ['a leap second in the middle of a day', '1990-12-31T12:00:60Z'],
    ['a leap second in the middle of a month', '1990-12-30T23:59:60Z'],
    ['a leap second in another zone', '1990-12-31T23:59:60-08:00'],
    ['a leap second at the end of another hour', '2017-01-01T01:00:60Z'],
    ['a leap second one hour after midnight', '2017-01-01T00:59:60Z'],
    ['second 61', '1990-12-31T23:59:61Z'],
    ['a zone of 24 hours', '2026-11-23T23:50:44.123+24:00'],
    ['a zone of 60 minutes', '2026-11-23T23:50:44.123+11:60'],
    ['a week for a day', '2026-W48-1T23:50:44Z'],
    ['a space for the T', '2026-11-23 23:50:44.123+11:00'],
    ['text before it', 'It is 2026-11-23T23:50:44.123+11:00'],
    ['text after it', '2026-11-23T23:50:44.123+11:00 sharp'],
    ['a newline after it', '2026-11-23T23:50:44.123+11:00\n'],
    ['a second line', '2026-11-23T23:50:44.123+11:00\n2026-11-23T23:50:44.123+11:00'],
    ['an escape sequence', '\u001b[31m2026-11-23T23:50:44.123+11:00\u001b[0m'],
    ['digits of another script', '٢٠٢٦-11-23T23:50:44.123+11:00'],
    ['an error line', 'ERROR request could not be logged'],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(isRfc3339(text)).to.be.false;
    });
  }

  for (const text of ['2026-02-30T12:00:00.000+00:00', '2026-02-28T24:00:00.000+00:00']) {
    it(`refuses ${text}, which no calendar has`, () => {
      expect(isRfc3339(text)).to.be.false;
    });
  }
});
