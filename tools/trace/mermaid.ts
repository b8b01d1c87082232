import type { Role } from '../../src/trace/record';
import type { Arrow, Mark, Row } from '../../src/trace/rows';
import { arrowWords, callWords } from '../../src/trace/words';

/** The rows as a sequence diagram of Mermaid, for a report. */
export function toMermaid(rows: readonly Row[], names: Readonly<Record<Role, string>>): string {
  const lines = [
    'sequenceDiagram',
    `  participant client as ${escapeMermaid(names.client)}`,
    `  participant server as ${escapeMermaid(names.server)}`,
    ...rows.flatMap(messagesOf).map((line) => `  ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function messagesOf({ client, server, arrow }: Row): string[] {
  if (!arrow) return [...note('left', 'client', client), ...note('right', 'server', server)];
  const from = arrow.to === 'server' ? 'client' : 'server';
  const [sender, receiver] = arrow.to === 'server' ? [client, server] : [server, client];
  const texts = [sender && callWords(sender), arrowWords(arrow), receiver && callWords(receiver)];
  const words = texts.filter((text) => text !== undefined).join(' · ');
  return [`${from}${headOf(arrow)}${arrow.to}: ${escapeMermaid(words)}`];
}

function headOf({ kind }: Arrow): string {
  if (kind === 'in relay') return '-)';
  return kind === 'failed' || kind === 'missing' ? '-x' : '->>';
}

function note(side: 'left' | 'right', role: Role, mark: Mark | undefined): string[] {
  return mark ? [`Note ${side} of ${role}: ${escapeMermaid(callWords(mark))}`] : [];
}

/** Mermaid's own signs as entities, so that text from the network stays text. */
function escapeMermaid(text: string): string {
  return text.replace(/[#;<>"%{}\\]/g, (sign) => `#${sign.charCodeAt(0)};`);
}
