/** What a value is, for an error message: `a number`, `undefined`. */
export function whatItIs(value: unknown): string {
  if (value instanceof Promise) return 'a promise: an "await" is probably missing';
  if (typeof value === 'string') return 'a string: Buffer.from(text) gives its bytes';
  if (value === undefined || value === null) return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
