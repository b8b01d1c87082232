import type { SourceLine, Role } from '../../../src/trace/record';
import { type Arrow, bytesOn, type Mark, type Relayed } from '../../../src/trace/rows';
import { arrowWords, callWords } from '../../../src/trace/words';
import { draw, type Layout, layoutOf, type Range, rangeOf, yOf } from './diagram';
import {
  type Event,
  type Model,
  sentenceOf,
  lineShown,
  STEPS,
  stepOf,
  UDP_STEPS,
  timeOf,
} from './Model';

/** Lines of source as HTML, by their file. */
export type Sources = Readonly<Record<string, readonly string[]>>;

/** The line that a halted process runs when it may go on. */
export interface Next {
  readonly role: Role;
  readonly line: SourceLine;
}

const SLOW_MS = 900;
const SHOWN_BYTES = 64;
/** The height of the names above the life lines, px. */
const HEADS = 58;
/** The room for a client's own words, and for those between it and the server, px. */
const BEFORE = 130;
const NEXT_TO = 170;
const NEXT_TO_RELAY = 120;
/** Half of a client's head, and half of its neighbour's, px. */
const HEAD = 115;
/** This many events are drawn beyond the visible ones, and drawn again when fewer than NEAR are left. */
const AROUND = 60;
const NEAR = 20;

/** Shows a run: its events on life lines, and for one of them what it is and where in the code. */
export class Viewer {
  #chosen = -1;
  #playing: number | undefined;
  #layout: Layout | undefined;
  #drawn: Range = [0, 0];
  #left = 0;
  #next: Next | undefined;
  #pointed: number | undefined;
  /** The files that are shown now, so that a step does not draw them again. */
  readonly #files: Partial<Record<Role, string | undefined>> = {};

  constructor(
    private model: Model,
    private readonly sources: Sources,
    private readonly lose?: (datagram: Relayed) => void,
  ) {
    this.#listen();
    this.#tellNothing();
    this.redraw();
    this.choose(0);
  }

  /** Shows another run from its beginning. */
  show(model: Model): void {
    this.model = model;
    this.#chosen = -1;
    this.#tellNothing();
    this.redraw();
  }

  /** It has come now, or it has changed. */
  forgetSource(file: string): void {
    for (const role of ['client', 'server'] as const)
      if (this.#files[role] === file) this.#files[role] = undefined;
  }

  /** Goes on to the newest event. */
  follow(): void {
    this.choose(this.model.events.length - 1);
  }

  /** Goes on to the newest event at a pace to read by. */
  followSlowly(): void {
    if (this.#playing === undefined && !this.isAtEnd) this.#play();
  }

  /** Older events of the shown run that were discarded. */
  get dropped(): number {
    return this.model.dropped;
  }

  /** The number of the event that is looked at; -1 before there is one. */
  get chosen(): number {
    return this.#chosen;
  }

  get isPlaying(): boolean {
    return this.#playing !== undefined;
  }

  /** Whether the newest event is looked at. */
  get isAtEnd(): boolean {
    return this.#chosen === this.model.events.length - 1;
  }

  /** Draws again, when there are more events, or the width has changed. */
  redraw(): void {
    this.#draw();
    (get('slider') as HTMLInputElement).max = String(this.model.events.length);
    this.#count();
  }

  #draw(): void {
    const { model } = this;
    const { clientWidth: width, scrollLeft: left } = get('scroller');
    const layout = layoutOf(model, { width, left });
    this.#layout = layout;
    this.#drawn = [0, 0];
    this.#drawVisible();
    const heads = get('heads');
    heads.style.width = `${layout.width}px`;
    const hasRoom = (x: number) => !layout.isPinned || x < (layout.relay ?? layout.server) - HEAD;
    heads.replaceChildren(
      ...model.lanes.flatMap(({ letter, port }, index) => {
        const name = model.lanes.length > 1 ? `Client ${letter}` : model.names.client;
        const x = layout.lanes[index] ?? 0;
        return hasRoom(x) ? [headOf(name, port === undefined ? '' : `:${port}`, x, 'client')] : [];
      }),
      ...(layout.relay === undefined ? [] : [headOf('relay', 'lossy', layout.relay, 'relay')]),
      headOf(
        model.names.server,
        model.serverLanes > 1 ? 'its sockets' : 'server',
        (layout.server + (layout.sockets.at(-1) ?? layout.server)) / 2,
        'server',
      ),
    );
  }

  /** Draws the visible events, and some more on both sides: with many events, the page has only these. */
  #drawVisible(): void {
    const { scrollTop, clientHeight } = get('scroller');
    const [first, last] = rangeOf(scrollTop, scrollTop + clientHeight);
    const end = this.model.events.length;
    const [from, to] = this.#drawn;
    if (from <= Math.max(0, first - NEAR) && to >= Math.min(end, last + NEAR) && to > 0) return;
    this.#drawRange([Math.max(0, first - AROUND), Math.min(end, last + AROUND)]);
  }

  #drawRange(range: Range): void {
    this.#drawn = range;
    if (!this.#layout) return;
    draw(get('diagram') as unknown as SVGSVGElement, this.model, this.#layout, range, {
      choose: this.choose.bind(this),
      lose: this.lose,
    });
    this.#markRows();
  }

  /** Looks at this event; the first has the number 0. */
  choose(index: number): void {
    const last = this.model.events.length - 1;
    const next = Math.min(Math.max(index, 0), last);
    if (next === this.#chosen || last < 0) return;
    this.#chosen = next;
    this.#count();
    this.#scrollToRow();
    this.#scrollToLane();
    this.#drawVisible();
    this.#markRows();
    this.#tell();
    document.dispatchEvent(new CustomEvent('chosen'));
  }

  /** Marks a row that is worth a look. */
  point(index: number | undefined): void {
    this.#pointed = index;
    this.#markRows();
  }

  #listen(): void {
    const buttons: Record<string, () => void> = {
      first: () => {
        this.choose(0);
      },
      back: () => {
        this.choose(this.#chosen - 1);
      },
      next: () => {
        this.choose(this.#chosen + 1);
      },
      last: () => {
        this.choose(this.model.events.length - 1);
      },
      play: () => {
        this.#play();
      },
      theme: toggleTheme,
    };
    for (const [id, act] of Object.entries(buttons)) get(id).addEventListener('click', act);
    const slider = get('slider') as HTMLInputElement;
    slider.addEventListener('input', () => {
      this.choose(Number(slider.value) - 1);
    });
    document.addEventListener('keydown', (event) => {
      if (
        event.target instanceof HTMLInputElement ||
        event.ctrlKey ||
        event.metaKey ||
        event.altKey
      )
        return;
      const keys: Record<string, string> = {
        ArrowDown: 'next',
        ArrowRight: 'next',
        ArrowUp: 'back',
        ArrowLeft: 'back',
        Home: 'first',
        End: 'last',
      };
      const act = buttons[keys[event.key] ?? ''];
      if (!act) return;
      event.preventDefault();
      act();
    });
    get('scroller').addEventListener('scroll', () => {
      const isSideways = get('scroller').scrollLeft !== this.#left;
      this.#left = get('scroller').scrollLeft;
      if (isSideways && this.#layout?.isPinned) this.#draw();
      else this.#drawVisible();
    });
    window.addEventListener('beforeprint', () => {
      this.#drawRange([0, this.model.events.length]);
    });
    window.addEventListener('resize', () => {
      this.redraw();
    });
  }

  /** From here to the end, at a pace to read by. */
  #play(): void {
    const stop = () => {
      window.clearInterval(this.#playing);
      this.#playing = undefined;
      get('play').setAttribute('aria-pressed', 'false');
    };
    if (this.#playing !== undefined) {
      stop();
      return;
    }
    if (this.#chosen === this.model.events.length - 1) this.choose(0);
    get('play').setAttribute('aria-pressed', 'true');
    this.#playing = window.setInterval(() => {
      this.choose(this.#chosen + 1);
      if (this.#chosen === this.model.events.length - 1) stop();
    }, SLOW_MS);
  }

  #count(): void {
    (get('slider') as HTMLInputElement).value = String(this.#chosen + 1);
    get('count').textContent = `${this.#chosen + 1} / ${this.model.events.length}`;
  }

  #scrollToRow(): void {
    const scroller = get('scroller');
    const y = yOf(this.#chosen) + HEADS;
    if (y < scroller.scrollTop + HEADS + 40 || y > scroller.scrollTop + scroller.clientHeight - 40)
      scroller.scrollTop = y - scroller.clientHeight / 2;
  }

  /** Brings the client of the chosen event into view; the server's column does not scroll. */
  #scrollToLane(): void {
    const { lane } = this.model.events[this.#chosen] ?? {};
    if (!this.#layout || lane === undefined) return;
    const { lanes, relay, server, isPinned } = this.#layout;
    const scroller = get('scroller');
    const x = lanes[lane] ?? 0;
    if (!isPinned) {
      const isOfClient = this.model.events[this.#chosen]?.client !== undefined;
      scroller.scrollLeft = (isOfClient ? x : server) - scroller.clientWidth / 2;
      return;
    }
    const hidden = x - (relay === undefined ? server - NEXT_TO : relay - NEXT_TO_RELAY);
    if (hidden > 0) scroller.scrollLeft += hidden;
    else if (x - BEFORE < scroller.scrollLeft) scroller.scrollLeft = x - BEFORE;
  }

  #markRows(): void {
    for (const row of document.querySelectorAll('[data-index]')) {
      const index = Number(row.getAttribute('data-index'));
      row.classList.toggle('chosen', index === this.#chosen);
      row.classList.toggle('ahead', index > this.#chosen);
      row.classList.toggle('pointed', index === this.#pointed);
    }
  }

  /** An empty box says why it is empty. */
  #tellNothing(): void {
    get('title').textContent = 'Nothing has happened yet';
    get('time').textContent = '';
    get('sentence').textContent = 'Each call is explained here when it comes.';
    for (const role of ['client', 'server'] as const) {
      get(`file-${role}`).textContent = `no line of the ${role} so far`;
      get(`line-${role}`).textContent = '';
      get(`code-${role}`).replaceChildren();
      get(`steps-${role}`).replaceChildren(...stepsOf(undefined, role, this.model.isUdp));
      this.#files[role] = undefined;
    }
    get('bytes').replaceChildren();
  }

  #tell(): void {
    const event = this.model.events[this.#chosen];
    if (!event) return;
    const { client, server, arrow } = event;
    const calls = [client, server].flatMap((mark) => (mark ? [callWords(mark)] : []));
    get('title').textContent = calls.join('  ·  ') || (arrow ? arrowWords(arrow) : '');
    get('time').textContent = `${timeOf(event).toFixed(1)} ms`;
    get('sentence').textContent = sentenceOf(event, this.model.names);
    get('bytes').replaceChildren(...bytesShown(arrow));
    for (const role of ['client', 'server'] as const) {
      get(`steps-${role}`).replaceChildren(...stepsOf(event, role, this.model.isUdp));
      this.#showSource(role);
    }
  }

  #lastMark(role: Role): Mark | undefined {
    for (let index = this.#chosen; index >= 0; index--) {
      const mark = this.model.events[index]?.[role];
      if (mark) return mark;
    }
    return undefined;
  }

  /** The line that a halted process runs next; it is shown as long as the newest event is looked at. */
  showNext(next: Next | undefined): void {
    const isSame = next?.role === this.#next?.role && sameLine(next?.line, this.#next?.line);
    this.#next = next;
    if (!isSame) for (const role of ['client', 'server'] as const) this.#showSource(role);
  }

  /** The line that runs on this side, or that ran last, or that a halted process runs next. */
  #showSource(role: Role): void {
    const mark = this.#lastMark(role);
    const next = this.isAtEnd && this.#next?.role === role ? this.#next.line : undefined;
    const shown = next ?? lineShown(mark);
    const isNow =
      next !== undefined ||
      (this.model.events[this.#chosen]?.[role] === mark && mark !== undefined);
    get(`file-${role}`).textContent = shown?.file ?? `no line of the ${role} so far`;
    get(`line-${role}`).textContent = next
      ? `next: line ${next.line}`
      : shown
        ? `line ${shown.line}${below(mark?.at, shown)}`
        : '';
    const code = get(`code-${role}`);
    if (this.#files[role] !== shown?.file) {
      const isThere = shown && Object.hasOwn(this.sources, shown.file);
      const lines = isThere ? (this.sources[shown.file] ?? []) : [];
      code.replaceChildren(...lines.map((html, index) => codeLine(html, index + 1)));
      this.#files[role] = shown?.file;
    }
    for (const line of code.querySelectorAll('.here')) line.className = 'line';
    const line = shown && code.children[shown.line - 1];
    if (line) line.className = `line here${isNow ? ' now' : ''}`;
    const here = code.querySelector<HTMLElement>('.here');
    if (here) code.scrollTop = here.offsetTop - code.clientHeight / 2;
  }
}

function codeLine(html: string, number: number): HTMLElement {
  const line = document.createElement('div');
  line.className = 'line';
  const count = document.createElement('span');
  count.className = 'number';
  count.textContent = String(number);
  const code = document.createElement('code');
  code.innerHTML = html || ' '; // our own source, highlighted when the page was made
  line.append(count, code);
  return line;
}

function sameLine(one: SourceLine | undefined, other: SourceLine | undefined): boolean {
  return one?.file === other?.file && one?.line === other?.line;
}

function below(at: SourceLine | undefined, shown: SourceLine): string {
  return at && at.file !== shown.file ? `, in ${at.file}:${at.line}` : '';
}

function stepsOf(event: Event | undefined, role: Role, isUdp: boolean): HTMLElement[] {
  const now = stepOf(event?.[role]);
  return (isUdp ? UDP_STEPS : STEPS)[role].map((step) => {
    const item = document.createElement('li');
    item.textContent = step;
    if (step === now) item.setAttribute('aria-current', 'step');
    return item;
  });
}

/** The bytes as hex; the whole text is in the sentence's place, one click away. */
function bytesShown(arrow: Arrow | undefined): HTMLElement[] {
  const sent = bytesOn(arrow);
  if (!sent || sent.n === 0) return [];
  const bytes = Uint8Array.from(atob(sent.b64), (character) => character.charCodeAt(0));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
  const short = document.createElement('code');
  short.textContent =
    hex.slice(0, SHOWN_BYTES / 4).join(' ') + (hex.length > SHOWN_BYTES / 4 ? ' …' : '');
  const whole = document.createElement('details');
  const summary = document.createElement('summary');
  summary.textContent = `the trace keeps ${bytes.length} of ${sent.n} bytes`;
  const words = document.createElement('pre');
  words.textContent = `${new TextDecoder().decode(bytes)}\n\n${hex.join(' ')}`;
  whole.append(summary, words);
  return [short, whole];
}

function headOf(name: string, detail: string, x: number, role: Role | 'relay'): HTMLElement {
  const head = document.createElement('div');
  head.className = `head-box ${role}`;
  head.style.left = `${x}px`;
  const small = document.createElement('small');
  small.textContent = detail;
  head.append(name, small);
  return head;
}

function toggleTheme(): void {
  const { dataset } = document.documentElement;
  const isDark = dataset['theme']
    ? dataset['theme'] === 'dark'
    : window.matchMedia('(prefers-color-scheme: dark)').matches;
  dataset['theme'] = isDark ? 'light' : 'dark';
}

function get(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}
