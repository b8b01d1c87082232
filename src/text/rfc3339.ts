const FORM = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A moment as RFC 3339 section 5.6 writes it, in this machine's zone (`TZ`), with milliseconds and
 * the zone's offset: `2026-11-23T23:50:44.123+11:00`.
 */
export function formatRfc3339(moment: Date): string {
  const offset = -moment.getTimezoneOffset(); // minutes east of Greenwich
  const local = new Date(moment.getTime() + offset * 60_000);
  const sign = offset < 0 ? '-' : '+';
  const hours = twoDigits(Math.trunc(Math.abs(offset) / 60));
  const minutes = twoDigits(Math.abs(offset) % 60);
  return `${local.toISOString().slice(0, -1)}${sign}${hours}:${minutes}`;
}

/** Whether a text is a moment in that form. */
export function isRfc3339(text: string): boolean {
  if (!FORM.test(text) || Number.isNaN(Date.parse(text))) return false;
  const local = text.slice(0, 'YYYY-MM-DDThh:mm:ss'.length);
  // JavaScript takes 30 February for 2 March; the text must come back as it was.
  return new Date(`${local}Z`).toISOString().startsWith(local);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
