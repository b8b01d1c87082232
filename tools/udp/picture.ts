import type { Passage } from './LossyRelay';

/** The three life lines' names above the rows. */
export const HEADING = 'UdpEchoClient               relay               UdpEchoServer';

const LINE = '─'.repeat(23);
const GAP = ' '.repeat(23);

/** The rows of one passage: the client at the left, the relay in the middle, the server at the right. */
export function passageRows({ direction, data, fate }: Passage, overtaker?: string): string[] {
  const number = data.toString().padStart(3);
  const overtaken = `overtaken by ${overtaker?.trim() ?? 'none'}`;
  if (direction === 'there') {
    const from = `${number} ${LINE}`;
    const on = `${LINE}► ${number}`;
    const indent = `${number} ${GAP}`;
    return {
      waits: [],
      passed: [`${from}►${on}`],
      doubled: [`${from}►${on}`, `${indent}├${on} twice`],
      lost: [`${from}✗ lost`],
      held: [`${from}╮ held up`],
      late: [`${indent}╰${on} ${overtaken}`],
    }[fate];
  }
  const from = `${LINE}─ ${number}`;
  const on = `${number} ◄${LINE.slice(1)}`;
  const indent = `${number} ${GAP}`;
  return {
    waits: [],
    passed: [`${on}◄${from}`],
    doubled: [`${on}◄${from}`, `${on}┤${GAP}  ${number} twice`],
    lost: [`${indent.slice(0, -5)}lost ✗${from}`],
    held: [`${indent.slice(0, -8)}held up ╭${from}`],
    late: [`${on}╯${GAP}  ${number} ${overtaken}`],
  }[fate];
}

const ASCII: Record<string, string> = {
  '─': '-',
  '►': '>',
  '◄': '<',
  '✗': 'x',
  '├': '+',
  '┤': '+',
  '╮': '.',
  '╭': '.',
  '╰': "'",
  '╯': "'",
  '█': '#',
  µ: 'u',
};

/** The same for terminals without these characters. */
export function toAscii(row: string): string {
  return row.replace(/[^ -~\n]/g, (character) => ASCII[character] ?? '?');
}
