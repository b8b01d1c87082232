/** The texts of a picture: at its calls, on its arrows, and below a row. */
import { escapeControls } from '../text/escape';
import type { Bytes, Role } from './record';
import { type Arrow, type Carried, type Mark, portOf, type Row } from './rows';

/** A call as text at a life line: `recv() = 12`. */
export function callWords(mark: Mark, cross = '✗'): string {
  return wordsWith(mark, mark.address ?? '', cross);
}

/** The same without the host that `bind` or `connect` is given. */
export function shortCallWords(mark: Mark, cross = '✗'): string {
  const port = portOf(mark.address);
  return wordsWith(mark, port === undefined ? '' : `:${port}`, cross);
}

function wordsWith(mark: Mark, address: string, cross: string): string {
  const { call, state, error, attempt, bytes, accepted, named } = mark;
  if (state === 'killed' || state === 'crashed') return `${cross} ${error?.code ?? ''}`;
  if (mark.logged) return `${mark.logged.file} written`;
  if (mark.isRest) return `${bytes} B of it`;
  const made = `${call}(${address})`;
  if (state === 'waits') return `${made} waits`;
  if (state === 'failed') return call === 'connect' ? made : `${made} ${cross} ${error?.code}`;
  if (attempt !== undefined) return `${made}, try ${attempt}`;
  if (accepted !== undefined) return `${made} = ${sockWords(named)}:${accepted}`;
  if (named !== undefined) return `${made} ${sockWords(named)}`.trimEnd();
  if (bytes === undefined) return made;
  return call.startsWith('send') ? `${call}(${bytes} B)` : `${made} = ${bytes}`;
}

function sockWords(named: number | undefined): string {
  return named === undefined ? '' : `#${named} `;
}

/** What travels, as text on an arrow: `"Hello, world"`. */
export function arrowWords(arrow: Arrow): string {
  switch (arrow.kind) {
    case 'handshake':
      return '3-way handshake';
    case 'eof':
      return 'end of file';
    case 'reset':
      return 'reset';
    case 'failed':
      return arrow.code;
    case 'in relay':
      return `relay: ${bytesWords(arrow.bytes)}`;
    case 'missing':
      if (arrow.why === 'lost in relay') return `relay lost ${bytesWords(arrow.bytes)}`;
      return `${arrow.why}: ${bytesWords(arrow.bytes)}`;
    case 'bytes':
      return `${partWords(arrow)}${bytesWords(arrow.bytes)}${remarkWords(arrow)}`;
  }
}

/** Bytes as text in quotes; nothing in it can control a terminal. */
export function bytesWords({ b64, truncated }: Bytes): string {
  const bytes = Uint8Array.from(atob(b64), (character) => character.charCodeAt(0));
  const text = escapeControls(JSON.stringify(new TextDecoder().decode(bytes)));
  return truncated ? `${text.slice(0, -1)}..."` : text;
}

function partWords({ part, bytes }: Carried): string {
  if (part === undefined) return '';
  if (typeof part === 'object') return `${part.sends} sends in 1 recv: `;
  return `the ${part} ${bytes.n} B: `;
}

function remarkWords({ overtaken = 0, remark }: Carried): string {
  if (remark === 'doubled') return ' (once more)';
  if (remark === 'late') return ' (late)';
  return overtaken > 0 ? ` (has overtaken ${overtaken})` : '';
}

/** Why something failed in a row; undefined where nothing did. */
export function whyFailed(
  { client, server }: Row,
  names: Readonly<Record<Role, string>>,
): string | undefined {
  const role = client?.error ? 'client' : 'server';
  const mark = client?.error ? client : server;
  if (mark?.state === 'killed') return `${names[role]} was killed: its system closes its sockets`;
  if (mark?.state === 'crashed')
    return `${names[role]} ended with an error that it did not catch: ${mark.error?.message}`;
  return mark?.error?.message;
}
