import { show } from './bytes';

/** What differs, seen byte for byte, and what that says of the program. */
const WAYS: readonly (readonly [
  differs: (sent: string, came: string) => boolean,
  means: string,
])[] = [
  [
    (sent, came) => came.trimEnd() === sent && /^\r?\n$/.test(came.slice(sent.length)),
    'your server adds a newline (println, print, puts?): an echo is exactly what came',
  ],
  [
    (sent, came) => sent !== sent.trim() && came === sent.trim(),
    'the spaces at its ends are missing: your server strips what it received',
  ],
  [
    (sent, came) => came.includes(`b'${sent}'`) || came.includes(`b"${sent}"`),
    "b'...' is how Python prints bytes: your server sends str() of them; send the bytes themselves",
  ],
  [
    (sent, came) => /[\x80-\xff]/.test(sent) && came.includes('\xef\xbf\xbd'),
    'bytes that are not text come back as U+FFFD, the replacement character: do not decode() what you receive; send the bytes back',
  ],
  [
    (sent, came) => came !== sent && came === sent.replace(/[\x80-\xff]/g, '?'),
    'bytes that are not text come back as "?": do not decode() and encode() what you receive; send the bytes back',
  ],
  [
    (sent, came) => came === `${sent}\0`,
    'it comes back with a NUL after it: that ends a string in C, but is not part of the message',
  ],
  [
    (sent, came) => came.startsWith(sent) && came.includes('\0', sent.length),
    'it comes back with more bytes after it, NUL among them: send() only as many bytes as recv() returned, not the whole buffer',
  ],
  [
    (sent, came) => came === sent + sent,
    'it comes back twice: your server sends each answer twice',
  ],
  [
    (sent, came) => sent !== sent.toUpperCase() && came === sent.toUpperCase(),
    'it comes back in capital letters: an echo changes nothing',
  ],
  [
    (sent, came) => sent !== sent.toLowerCase() && came === sent.toLowerCase(),
    'it comes back in small letters: an echo changes nothing',
  ],
  [
    (sent, came) => came === Buffer.from(sent, 'latin1').reverse().toString('latin1'),
    'it comes back reversed: an echo changes nothing',
  ],
];

/** What no server of this lab would say, whatever it was asked; undefined for anything else. */
export function whatElseItIs(came: Buffer): string | undefined {
  const answer = came.toString('latin1');
  if (answer.startsWith('HTTP/'))
    return 'your server speaks HTTP: it is a web server, not a server of this lab';
  if (answer.includes('[object Promise]'))
    return 'your server sends a promise: an "await" is missing before the call that makes the answer';
  return undefined;
}

/** How an answer differs from what was sent, as a fact; undefined where no usual way fits. */
export function howItDiffers(sent: Buffer, came: Buffer): string | undefined {
  const stranger = whatElseItIs(came);
  if (stranger !== undefined) return stranger;
  const [text, answer] = withoutNewlines(sent.toString('latin1'), came.toString('latin1'));
  const way = WAYS.find(([differs]) => differs(text, answer));
  if (way) return way[1];
  const at = came.indexOf(sent);
  if (at < 0 || sent.length === 0) return undefined;
  const before = at > 0 ? `${show(came.subarray(0, at))} before it` : '';
  const after =
    at + sent.length < came.length ? `${show(came.subarray(at + sent.length))} after it` : '';
  const more = [before, after].filter((part) => part !== '').join(' and ');
  return more === '' ? undefined : `it comes back with ${more}: an echo is exactly what came`;
}

/** Two lines differ before their ends. */
function withoutNewlines(sent: string, came: string): [sent: string, came: string] {
  if (!sent.endsWith('\n') || !came.endsWith('\n')) return [sent, came];
  return [sent.slice(0, -1), came.slice(0, -1)];
}
