import { styleText } from 'node:util';
import { escapeControls } from '../text/escape';
import { wrap } from '../text/wrap';
import type { Role, SourceLine } from './record';
import type { Arrow, Mark, Row } from './rows';
import { arrowWords, callWords, shortCallWords, whyFailed } from './words';

/** Below so many columns there is no room for two life lines. */
const NARROWEST = 64;
const INDENT = '    ';

interface Glyphs {
  readonly line: string;
  readonly waits: string;
  readonly dash: string;
  readonly right: string;
  readonly left: string;
  readonly fails: string;
  readonly more: string;
}

const UNICODE: Glyphs = {
  line: '│',
  waits: '┆',
  dash: '─',
  right: '►',
  left: '◄',
  fails: '✗',
  more: '…',
};
const ASCII: Glyphs = {
  line: '|',
  waits: ':',
  dash: '-',
  right: '>',
  left: '<',
  fails: 'x',
  more: '~',
};

/** How a picture is drawn. */
export interface Look {
  readonly columns: number;
  readonly isAscii: boolean;
  readonly hasColor: boolean;
}

/** Draws rows as lines of a terminal; none is longer than that is wide. */
export class Drawing {
  readonly #glyphs: Glyphs;
  /** Columns beside a life line, and between the two. */
  readonly #side: number;
  readonly #between: number;
  readonly #clients = new Set<number>();
  /** The file that was named last on each side: it is not named again. */
  readonly #lastFile: Partial<Record<Role, string>> = {};

  constructor(
    private readonly look: Look,
    private readonly names: Readonly<Record<Role, string>>,
  ) {
    this.#glyphs = look.isAscii ? ASCII : UNICODE;
    this.#side = Math.floor((look.columns - 2) * (look.columns < 96 ? 0.36 : 0.32));
    this.#between = look.columns - 2 - 2 * this.#side;
  }

  /** The names above the life lines. */
  heading(): string[] {
    if (this.look.columns < NARROWEST) return [];
    const { client, server } = this.names;
    const left = `${' '.repeat(this.#side - Math.floor(client.length / 2))}${client}`;
    const middle = this.#side + 1 + this.#between;
    return [`${left.padEnd(middle - Math.floor(server.length / 2))}${server}`];
  }

  lines(row: Row): string[] {
    if (row.who !== undefined) this.#clients.add(row.who);
    const isNarrow = this.look.columns < NARROWEST;
    const drawn = isNarrow ? this.#oneByOne(row) : [this.#acrossLines(row)];
    return [...drawn, ...this.#why(row)].map((line) => this.#colored(line, row));
  }

  #acrossLines(row: Row): string {
    const { line, waits } = this.#glyphs;
    const left = this.#leftCell(row.client);
    const right = this.#rightCell(row.server);
    const lifeLine = (mark?: Mark) => (mark?.state === 'waits' ? waits : line);
    const [one, other] = [lifeLine(row.client), lifeLine(row.server)];
    const arrow = this.#arrow(row.arrow, this.#between, row.who);
    return `${left}${one}${arrow}${other}${right}`.trimEnd();
  }

  #leftCell(mark: Mark | undefined): string {
    if (!mark) return ' '.repeat(this.#side);
    const call = this.#call(mark);
    const line = this.#sourceLine(mark, 'client', this.#side - widthOf(call) - 2);
    return `${line}${' '.repeat(this.#side - widthOf(line) - widthOf(call) - 1)}${call} `;
  }

  #rightCell(mark: Mark | undefined): string {
    if (!mark) return '';
    const call = this.#call(mark);
    const line = this.#sourceLine(mark, 'server', this.#side - widthOf(call) - 2);
    return ` ${call}${' '.repeat(this.#side - widthOf(line) - widthOf(call) - 1)}${line}`;
  }

  /** A call, without its host where there is no room for both that and the line of code. */
  #call(mark: Mark): string {
    const { fails } = this.#glyphs;
    const room = this.#side - 2 - (mark.at ? `:${mark.at.line}`.length : 0);
    const whole = callWords(mark, fails);
    return this.#cut(widthOf(whole) <= room ? whole : shortCallWords(mark, fails), this.#side - 1);
  }

  /** The line of code, as long as there is room for: the lab's own and the one below it, or less. */
  #sourceLine({ at, lab }: Mark, role: Role, room: number): string {
    if (!at) return '';
    const shown = lab ?? at;
    const isNamed = this.#lastFile[role] === shown.file;
    this.#lastFile[role] = shown.file;
    const line = `:${shown.line}`;
    const candidates = [
      ...(lab ? [`${fileAndLine(lab)} ${fileAndLine(at)}`] : []),
      ...(isNamed ? [line] : []),
      fileAndLine(shown),
      fileAndLine(shown).replace(/\.[jt]s(?=:)/, ''),
      `${this.#glyphs.more}${line}`,
    ];
    return candidates.find((text) => widthOf(text) <= room) ?? '';
  }

  #arrow(arrow: Arrow | undefined, room: number, who?: number): string {
    if (!arrow) return ' '.repeat(room);
    const { dash, right, left, fails } = this.#glyphs;
    const name = who !== undefined && this.#clients.size > 1 ? `:${who} ` : '';
    const words = `${name}${arrowWords(arrow)}`;
    if (!arrives(arrow)) {
      const sign = arrow.kind === 'in relay' ? dash : fails;
      const text = this.#cut(`${sign} ${words}`, room - 6);
      const rest = room - widthOf(text) - 6;
      const body = ` ${dash.repeat(4)}${text} ${' '.repeat(rest)}`;
      return arrow.to === 'server' ? body : `${' '.repeat(rest)} ${text}${dash.repeat(4)} `;
    }
    const text = this.#cut(words, room - 5);
    const dashes = room - widthOf(text) - 3;
    const before = dash.repeat(Math.floor(dashes / 2));
    const after = dash.repeat(Math.ceil(dashes / 2));
    return arrow.to === 'server'
      ? `${before} ${text} ${after}${right}`
      : `${left}${before} ${text} ${after}`;
  }

  /** For a narrow terminal: a line for each call, and what travels beside the one that sends it. */
  #oneByOne(row: Row): string[] {
    const { right, left, dash, fails } = this.#glyphs;
    const { arrow } = row;
    const roles: Role[] = arrow?.to === 'client' ? ['server', 'client'] : ['client', 'server'];
    const there = roles.filter((role) => row[role]);
    if (arrow && there.length === 0)
      return [this.#cut(`relay ${fails} ${arrowWords(arrow)}`, this.look.columns)];
    return there.map((role, index) => {
      const mark = row[role];
      const name = `${this.names[role]} ${mark ? callWords(mark, fails) : ''}`;
      if (!arrow || index > 0) return this.#cut(name, this.look.columns);
      const head = arrow.to === role ? `${left}${dash}` : `${dash}${right}`;
      const goes = arrives(arrow) || arrow.kind === 'in relay' ? head : fails;
      return this.#cut(`${name} ${goes} ${arrowWords(arrow)}`, this.look.columns);
    });
  }

  /** Why it failed, below the row. */
  #why(row: Row): string[] {
    const why = whyFailed(row, this.names);
    if (why === undefined) return [];
    const text = escapeControls(why);
    return wrap(text, this.look.columns - INDENT.length)
      .split('\n')
      .map((line) => this.#cut(`${INDENT}${line}`, this.look.columns));
  }

  #cut(text: string, room: number): string {
    if (widthOf(text) <= room) return text;
    let cut = '';
    for (const character of text) {
      if (widthOf(cut + character) >= room) break;
      cut += character;
    }
    return cut + this.#glyphs.more;
  }

  #colored(line: string, row: Row): string {
    const { kind } = row.arrow ?? {};
    const isLost = kind === 'failed' || kind === 'missing';
    const hasFailed = isLost || whyFailed(row, this.names) !== undefined;
    return this.look.hasColor && hasFailed
      ? styleText('red', line, { validateStream: false })
      : line;
  }
}

/** Whether it comes to the other life line. */
function arrives({ kind }: Arrow): boolean {
  return kind !== 'in relay' && kind !== 'missing' && kind !== 'failed';
}

function fileAndLine({ file, line }: SourceLine): string {
  return `${file.replace(/^.*\//, '')}:${line}`;
}

/** The columns that a text takes: characters of East Asia and pictures take two. */
function widthOf(text: string): number {
  return Array.from(text).reduce((sum, character) => sum + (WIDE.test(character) ? 2 : 1), 0);
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Extended_Pictographic}\u3000-\u303f\uff01-\uff60]/u;
