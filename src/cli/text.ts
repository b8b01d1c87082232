import { inspect } from 'node:util';
import { escapeControls } from '../services/text';

/** A text in quotes, as Python's `repr` shows it, whatever it contains. */
export function quote(text: string): string {
  return escapeControls(inspect(text, { breakLength: Infinity, maxStringLength: Infinity }));
}
