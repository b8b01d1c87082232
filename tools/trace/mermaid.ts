import type { Role } from '../../src/trace/record';
import type { Mark, Row } from '../../src/trace/rows';

/** The rows as a sequence diagram of Mermaid, for a report. */
export function toMermaid(rows: readonly Row[], names: Readonly<Record<Role, string>>): string {
  const lines = [
    'sequenceDiagram',
    `  participant client as ${escapeMermaid(names.client)}`,
    `  participant server as ${escapeMermaid(names.server)}`,
    ...rows.flatMap(linesOf).map((line) => `  ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function linesOf({ client, server, arrow }: Row): string[] {
  if (!arrow) return [...note('left', 'client', client), ...note('right', 'server', server)];
  const from = arrow.to === 'server' ? 'client' : 'server';
  const [sender, receiver] = arrow.to === 'server' ? [client, server] : [server, client];
  const head = { arrives: '->>', fails: '-x', lost: '-x', waits: '-)' }[arrow.end];
  const texts = [sender?.text, arrow.text, receiver?.text].filter((text) => text !== undefined);
  return [`${from}${head}${arrow.to}: ${escapeMermaid(texts.join(' · '))}`];
}

function note(side: 'left' | 'right', role: Role, mark: Mark | undefined): string[] {
  return mark ? [`Note ${side} of ${role}: ${escapeMermaid(mark.text)}`] : [];
}

/** Mermaid's own signs as entities, so that text from the network stays text. */
function escapeMermaid(text: string): string {
  return text.replace(/[#;<>"%{}\\]/g, (sign) => `#${sign.charCodeAt(0)};`);
}
