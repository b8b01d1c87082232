import { inspect } from 'node:util';
import { escapeControls } from './escape';

/** A text in quotes, as Python's `repr` shows it. */
export function quote(text: string): string {
  const quoted = inspect(text, { breakLength: Infinity, maxStringLength: Infinity });
  return escapeControls(quoted.startsWith('`') ? withoutBackticks(quoted) : quoted);
}

/** Python has no third kind of quotes for a text that contains both kinds. */
function withoutBackticks(quoted: string): string {
  return `'${quoted.slice(1, -1).replaceAll("'", "\\'")}'`;
}
