/** A clock may differ from ours by this many ms, and an answer may be this old. */
const TOLERANCE_MS = 60_000;

/** Its numbers are no day: hours and minutes, seconds and their parts, or a zone like +0100. */
const TIME_OF_DAY = /\d{1,2}[:h]\d\d(?::\d\d)?(?:[.,]\d+)?|\s[+-]\d{4}\b/g;

/** A date and time as people read it off a clock, in one zone. */
interface Reading {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/**
 * Whether this text tells the day or the minute of `now`, in whatever form: ISO, ctime, RFC 2822,
 * the defaults of Python, Java and Go, day first or month first, 12 hours or 24, seconds since 1970;
 * in local time or in UTC.
 */
export function isNow(text: string, now: Date): boolean {
  const around = [-TOLERANCE_MS, 0, TOLERANCE_MS].map((ms) => new Date(now.getTime() + ms));
  return (
    around
      .flatMap(readingsOf)
      .some((reading) => hasMinute(text, reading) || hasDay(text, reading)) || hasEpoch(text, now)
  );
}

/** Whether it says more than the minute, so that it must be another text a second later. */
export function tellsSeconds(text: string): boolean {
  return /\d:\d\d:\d\d|(?<!\d)\d{10,19}(?!\d)/.test(text);
}

function readingsOf(date: Date): Reading[] {
  return [
    {
      year: date.getFullYear(),
      month: date.getMonth() + 1,
      day: date.getDate(),
      hour: date.getHours(),
      minute: date.getMinutes(),
    },
    {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
    },
  ];
}

function hasMinute(text: string, { hour, minute }: Reading): boolean {
  const hours = [hour, hour % 12 === 0 ? 12 : hour % 12];
  return hours.some((each) =>
    // After 09: it would be minutes and seconds.
    new RegExp(`(?<!\\d|\\d[:.])0?${each}[:.h]${two(minute)}(?!\\d)`).test(text),
  );
}

function hasDay(text: string, { year, month, day }: Reading): boolean {
  if (text.includes(`${year}${two(month)}${two(day)}`)) return true;
  const numbers = (text.replace(TIME_OF_DAY, ' ').match(/\d+/g) ?? []).map(Number);
  const hasYear = take(numbers, year) || take(numbers, year % 100);
  return hasYear && take(numbers, day) && (take(numbers, month) || hasName(text, month));
}

/** A number tells one thing: the 11 of 2026-11-10 is the month, and not the day as well. */
function take(numbers: number[], wanted: number): boolean {
  const at = numbers.indexOf(wanted);
  if (at !== -1) numbers.splice(at, 1);
  return at !== -1;
}

function hasName(text: string, month: number): boolean {
  const name = new Date(2000, month - 1).toLocaleString('en', { month: 'short' });
  return new RegExp(`\\b${name}`, 'i').test(text);
}

/** Seconds since 1970, or parts of them: of 10 digits until the year 2286. */
function hasEpoch(text: string, now: Date): boolean {
  const counts = text.match(/(?<!\d)\d{10,19}(?!\d)/g) ?? [];
  return counts
    .map((digits) => Number(digits.slice(0, 10)) * 1000)
    .some((ms) => Math.abs(ms - now.getTime()) <= TOLERANCE_MS);
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
