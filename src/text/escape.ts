// The control characters C0, DEL and C1; line and paragraph separators; and the marks that change the
// direction of a line.
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text without characters that control a terminal or begin a new line: `\u001b` for an escape. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
