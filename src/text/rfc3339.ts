const FORM =
  /^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** The last second that was formatted, and its text: local time in s, the zone's offset in minutes. */
let last = { second: NaN, offset: NaN, text: '', zone: '' };

/**
 * A moment in the form of RFC 3339 section 5.6, in this machine's zone (`TZ`), with milliseconds and the
 * zone's offset: `2026-11-23T23:50:44.123+11:00`.
 */
export function formatRfc3339(moment: Date): string {
  const offset = -moment.getTimezoneOffset(); // minutes east of Greenwich
  const local = moment.getTime() + offset * 60_000;
  const second = Math.floor(local / 1000);
  if (second !== last.second || offset !== last.offset) {
    const text = new Date(local).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
    last = { second, offset, text, zone: formatOffset(offset) };
  }
  return `${last.text}.${String(local - second * 1000).padStart(3, '0')}${last.zone}`;
}

function formatOffset(minutes: number): string {
  const hours = twoDigits(Math.trunc(Math.abs(minutes) / 60));
  return `${minutes < 0 ? '-' : '+'}${hours}:${twoDigits(Math.abs(minutes) % 60)}`;
}

/** Whether a text is a moment in that form; also with `t`, `z`, or a leap second. */
export function isRfc3339(text: string): boolean {
  const [, day = '', minute = '', second = ''] = FORM.exec(text) ?? [];
  if (second === '60') return isBeforeLeapSecond(text.replace(':60', ':59'));
  const local = `${day}T${minute}:${second}`;
  // JavaScript reads 30 February as 2 March; so compare with the text.
  const moment = new Date(`${local}Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(local);
}

/** Leap seconds are added at the end of a month, in UTC (RFC 3339 section 5.7). */
function isBeforeLeapSecond(text: string): boolean {
  const next = new Date(Date.parse(text.toUpperCase()) + 1000);
  return (
    isRfc3339(text) && next.getUTCDate() === 1 && next.getUTCHours() + next.getUTCMinutes() === 0
  );
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
