import { styleText } from 'node:util';
import { escapeControls } from '../text/escape';
import { wrap } from '../text/wrap';
import { Lanes, letterOf } from './Lanes';
import type { Role, SourceLine } from './record';
import type { Arrow, Mark, Row } from './rows';
import { arrowWords, callWords, shortCallWords, whyFailed } from './words';

/** With fewer columns than this there is no room for two life lines. */
const NARROWEST = 64;
const INDENT = '    ';
/** With more clients than this, they share one life line, and their letters tell them apart. */
const MOST_LANES = 8;

/** Calls on an accepted socket. */
const TALKS = new Set(['recv', 'send', 'sendall', 'shutdown']);

interface Glyphs {
  readonly line: string;
  readonly waits: string;
  readonly dash: string;
  readonly right: string;
  readonly left: string;
  readonly fails: string;
  readonly more: string;
  /** Where an arrow passes the life line of another client. */
  readonly crosses: string;
}

const UNICODE: Glyphs = {
  line: '│',
  waits: '┆',
  dash: '─',
  right: '►',
  left: '◄',
  fails: '✗',
  more: '…',
  crosses: '┼',
};
const ASCII: Glyphs = {
  line: '|',
  waits: ':',
  dash: '-',
  right: '>',
  left: '<',
  fails: 'x',
  more: '~',
  crosses: '+',
};

/** The settings of a picture. */
export interface Look {
  readonly columns: number;
  readonly isAscii: boolean;
  readonly hasColor: boolean;
}

/** Draws rows as lines of a terminal; no line is wider than the terminal. */
export class Drawing {
  readonly #glyphs: Glyphs;
  /** Columns next to a life line, and between the two. */
  readonly #side: number;
  readonly #between: number;
  readonly #lanes = new Lanes();
  /** The file that was named last on each side, so that it is not repeated. */
  readonly #lastFile: Partial<Record<Role, string>> = {};

  constructor(
    private readonly look: Look,
    private readonly names: Readonly<Record<Role, string>>,
    /** Undefined while a program runs, because more clients may come. */
    private readonly clients?: number,
  ) {
    this.#glyphs = look.isAscii ? ASCII : UNICODE;
    this.#side = Math.floor((look.columns - 2) * (look.columns < 96 ? 0.36 : 0.32));
    this.#between = look.columns - 1 - 2 * this.#side - this.#width;
  }

  get #count(): number {
    return this.clients ?? 1;
  }

  /** How many clients have their own life line. */
  get #drawnLanes(): number {
    return this.#count > MOST_LANES ? 1 : this.#count;
  }

  /** Columns of the clients' life lines. */
  get #width(): number {
    return 2 * this.#drawnLanes - 1;
  }

  /** The names above the life lines. */
  heading(): string[] {
    if (this.look.columns < NARROWEST) return [];
    const { client, server } = this.names;
    const letters = Array.from({ length: this.#drawnLanes }, (_, index) => letterOf(index)).join(
      ' ',
    );
    const left =
      this.#drawnLanes > 1
        ? `${`${client} `.padStart(this.#side)}${letters}`
        : `${' '.repeat(this.#side - Math.floor(client.length / 2))}${client}`;
    const middle = this.#side + this.#width + this.#between;
    return [`${left.padEnd(middle - Math.floor(server.length / 2))}${server}`];
  }

  lines(row: Row): string[] {
    const lane = this.#lanes.of(row);
    const isNarrow = this.look.columns < NARROWEST;
    const drawn = isNarrow ? this.#oneByOne(row, lane) : [this.#acrossLines(row, lane)];
    return [...drawn, ...this.#why(row)].map((line) => this.#colored(line, row));
  }

  #acrossLines(row: Row, lane: number | undefined): string {
    const { line, waits } = this.#glyphs;
    const letter = this.#count > 1 && lane !== undefined ? `${letterOf(lane)} ` : '';
    const left = this.#leftCell(row.client, letter);
    const right = this.#rightCell(row.server);
    const own = this.#drawnLanes > 1 ? (lane ?? 0) : 0;
    const client = this.#clientLines(row, own);
    const server = row.server?.state === 'waits' ? waits : line;
    const arrow = this.#arrow(row.arrow, this.#between, this.#nameOf(lane));
    const { left: head, dash } = this.#glyphs;
    const isPassing = own < this.#drawnLanes - 1 && row.arrow !== undefined;
    const rest = isPassing ? arrow.replace(head, dash).replace(/^ (?=\S)/, dash) : arrow;
    return `${left}${client}${rest}${server}${right}`.trimEnd();
  }

  /** The clients' life lines; an arrow passes those to the right of its own. */
  #clientLines({ client, arrow }: Row, own: number): string {
    const { line, waits, crosses, dash, left } = this.#glyphs;
    const isPassed = arrow !== undefined && (arrives(arrow) || arrow.to === 'server');
    let lines = '';
    for (let index = 0; index < this.#drawnLanes; index++) {
      const passes = isPassed && index > own;
      const isHead = isPassed && index === own + 1 && arrow.to === 'client';
      if (index > 0) lines += isHead ? left : passes ? dash : ' ';
      const glyph = index === own && client?.state === 'waits' ? waits : line;
      lines += passes ? crosses : glyph;
    }
    return lines;
  }

  /** The client that an arrow belongs to, if the picture doesn't show it. */
  #nameOf(lane: number | undefined): string {
    if (lane === undefined || this.#drawnLanes > 1) return '';
    if (this.#count > 1) return `${letterOf(lane)} `;
    if (this.clients === 1) return '';
    const port = this.#lanes.all[lane]?.port;
    return this.#lanes.all.length > 1 && port !== undefined ? `:${port} ` : '';
  }

  #leftCell(mark: Mark | undefined, letter: string): string {
    if (!mark) return ' '.repeat(this.#side);
    const call = `${letter}${this.#call(mark, letter.length)}`;
    const line = this.#sourceLine(mark, 'client', this.#side - widthOf(call) - 2);
    return `${line}${' '.repeat(this.#side - widthOf(line) - widthOf(call) - 1)}${call} `;
  }

  #rightCell(mark: Mark | undefined): string {
    if (!mark) return '';
    const call = this.#call(mark, this.#ofWhich(mark).length) + this.#ofWhich(mark);
    const line = this.#sourceLine(mark, 'server', this.#side - widthOf(call) - 2);
    return ` ${call}${' '.repeat(this.#side - widthOf(line) - widthOf(call) - 1)}${line}`;
  }

  /** The socket of a server that talks with several clients: one loop, or a thread for each. */
  #ofWhich({ call, sock, state }: Mark): string {
    return this.#count > 1 && TALKS.has(call) && state !== 'killed' ? ` #${sock}` : '';
  }

  /** A call, without its host where there is no room for both that and the line of code. */
  #call(mark: Mark, taken = 0): string {
    const { fails } = this.#glyphs;
    const room = this.#side - 2 - taken - (mark.at ? `:${mark.at.line}`.length : 0);
    const whole = callWords(mark, fails);
    return this.#cut(
      widthOf(whole) <= room ? whole : shortCallWords(mark, fails),
      this.#side - 1 - taken,
    );
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

  #arrow(arrow: Arrow | undefined, room: number, name: string): string {
    if (!arrow) return ' '.repeat(room);
    const { dash, right, left, fails } = this.#glyphs;
    const whole = `${name}${arrowWords(arrow)}`;
    const isLong = arrow.kind === 'handshake' && widthOf(whole) > room - 5;
    const words = isLong ? `${name}handshake` : whole;
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

  /** For a narrow terminal: a line for each call; the sending call's line also shows what travels. */
  #oneByOne(row: Row, lane: number | undefined): string[] {
    const { right, left, dash, fails } = this.#glyphs;
    const { arrow } = row;
    const roles: Role[] = arrow?.to === 'client' ? ['server', 'client'] : ['client', 'server'];
    const there = roles.filter((role) => row[role]);
    if (arrow && there.length === 0)
      return [this.#cut(this.#seenBetween(arrow), this.look.columns)];
    return there.map((role, index) => {
      const mark = row[role];
      const letter = role === 'client' && this.#count > 1 ? ` ${letterOf(lane ?? 0)}` : '';
      const name = `${this.names[role]}${letter} ${mark ? callWords(mark, fails) : ''}${role === 'server' && mark ? this.#ofWhich(mark) : ''}`;
      if (!arrow || index > 0) return this.#cut(name, this.look.columns);
      const head = arrow.to === role ? `${left}${dash}` : `${dash}${right}`;
      const goes = arrives(arrow) || arrow.kind === 'in relay' ? head : fails;
      return this.#cut(`${name} ${goes} ${arrowWords(arrow)}`, this.look.columns);
    });
  }

  #seenBetween(arrow: Arrow): string {
    const { dash, right, left, fails } = this.#glyphs;
    if (!arrives(arrow)) return `relay ${fails} ${arrowWords(arrow)}`;
    return `${arrow.to === 'server' ? dash + right : left + dash} ${arrowWords(arrow)}`;
  }

  /** The reason of a failure, below the row. */
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
