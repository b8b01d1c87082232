import type { Role } from '../../../src/trace/record';
import { type Arrow, bytesOn, type Mark, type Relayed, relayedBy } from '../../../src/trace/rows';
import { arrowWords, bytesWords, shortCallWords } from '../../../src/trace/words';
import { type Event, type Model, timeOf } from './Model';
import type { ServerSocket } from './ServerLanes';

const SVG = 'http://www.w3.org/2000/svg';
const ROW = 34;
const TOP = 12;
const LANE = 150;
const NARROW_LANE = 90;
const FIRST_LANE = 130;
/** Room for an arrow's words between the last client and the server. */
const BETWEEN = 170;
const AFTER_SERVER = 194;
/** Between two sockets of the server. */
const SOCKET = 36;
/** From a socket's life line to the frame around them all. */
const FRAME = 15;
/** The same between client and relay, and between relay and server. */
const HALF_WAY = 130;
/** What scrolls beneath a server that stays ends so far before it. */
const EDGE = 6;
/** On a narrower screen all scrolls: a server that stays would leave no room for its clients. */
const LEAST_PINNED = 560;
const LETTER = 7.3;
/** Characters that a label has room for. */
const MOST_TEXT: Readonly<Record<Role, number>> = { client: 15, server: 21 };
const LEAST_TEXT = 8;
/** The same of a line of the log, which is in small letters. */
const MOST_REQUEST = 22;
/** What may wait for the other side. */
const BLOCKING = new Set(['accept', 'connect', 'recv', 'recvfrom']);
/** Calls of the socket that welcomes clients. */
const WELCOMING = new Set(['socket', 'bind', 'listen', 'accept', 'close']);
/** Rows of calls that still wait, below the last: one for each process, and some to spare. */
const MOST_WAITS = 40;
/** A pause that is worth a word. */
const PAUSE_MS = 50;

/** The position of everything. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** The x of each client's life line, of the relay's if there is one, and of the server's. */
  readonly lanes: readonly number[];
  readonly relay: number | undefined;
  /** Of the server's first socket; the others are to the right of it. */
  readonly server: number;
  readonly sockets: readonly number[];
  /** How far it is scrolled to the side. */
  readonly left: number;
  /** Whether the server stays where it is while the clients scroll beneath it. */
  readonly isPinned: boolean;
}

/** What the page does with a click. */
export interface Acts {
  /** Looks at this event. */
  readonly choose: (index: number) => void;
  /** Loses a datagram that waits in the relay; there is none on the page of a run that is over. */
  readonly lose?: ((datagram: Relayed) => void) | undefined;
}

/** @param seen what can be seen of it: its width, and how far it is scrolled to the side, px. */
export function layoutOf(model: Model, seen: { width: number; left: number }): Layout {
  const between = model.hasRelay ? 2 * HALF_WAY : BETWEEN;
  const count = Math.max(1, model.lanes.length);
  const after = AFTER_SERVER + (model.serverLanes - 1) * SOCKET;
  const room = (seen.width - after - between - FIRST_LANE) / Math.max(1, count - 1);
  const step = Math.min(LANE, Math.max(NARROW_LANE, room));
  const lanes = Array.from({ length: count }, (_, index) => FIRST_LANE + index * step);
  const last = lanes.at(-1) ?? 0;
  const width = Math.max(seen.width, last + between + after);
  const rows = model.events.length + model.waitRows.length;
  const height = TOP + rows * ROW + ROW;
  const isPinned = width > seen.width && seen.width >= LEAST_PINNED;
  const server = (isPinned ? Math.min(seen.left + seen.width, width) : width) - after;
  const relay = isPinned ? server - HALF_WAY : (last + server) / 2;
  return {
    width,
    height,
    lanes,
    relay: model.hasRelay ? relay : undefined,
    server,
    sockets: Array.from({ length: model.serverLanes }, (_, index) => server + index * SOCKET),
    left: seen.left,
    isPinned,
  };
}

/** The events of these numbers, from and to. */
export type Range = readonly [from: number, to: number];

/** Draws the events in a range. */
export function draw(
  svg: SVGSVGElement,
  model: Model,
  layout: Layout,
  [from, to]: Range,
  acts: Acts,
): void {
  const { lanes, relay } = layout;
  const seen = heightsOf([from, to], layout);
  svg.replaceChildren(definitions(layout));
  svg.setAttribute('width', String(layout.width));
  svg.setAttribute('height', String(layout.height));
  const events = model.events.slice(from, to);
  const rows = events.map((event, index) => rowOf(event, from + index, model, layout, acts));
  const bars = events.map((_, index) => waitingBars(model, from + index, layout));
  svg.append(
    // Beneath all lines, which the colour of the chosen row would hide.
    ...events.map((_, index) => band('back', from + index, layout)),
    beneath([
      ...lanes.map((x) => lifeLine(x, seen)),
      ...bars.flatMap(({ client }) => (client ? [client] : [])),
      ...openBars(model, layout, 'client'),
    ]),
    ...(relay === undefined ? [] : [lifeLine(relay, seen, 'relay')]),
    ...serverLines(model, layout, from, to),
    ...openBars(model, layout, 'server'),
    ...bars.flatMap((bar) => (bar.server ? [bar.server] : [])),
    // Beneath the words of all rows that they cross.
    ...events.flatMap((event, index) => waysOf(event, from + index, model, layout)),
    ...rows,
    ...waitRows(model, layout),
  );
}

/** The frame of the server, and the life line of each of its sockets that can be seen. */
function serverLines(model: Model, layout: Layout, from: number, to: number): SVGElement[] {
  const { sockets } = layout;
  const [first = 0, last = first] = [sockets.at(0), sockets.at(-1)];
  const [top, bottom] = heightsOf([from, to], layout);
  const box = { x: first - FRAME, y: top, width: last - first + 2 * FRAME, rx: 8 };
  const seen = model.sockets.filter(
    (socket) => socket.from - model.dropped < to && (socket.to ?? Infinity) - model.dropped >= from,
  );
  return [
    element('rect', { class: 'frame', ...box, height: bottom - top }),
    ...seen.flatMap((socket) => socketLine(socket, model, layout, [top, bottom])),
  ];
}

/** The heights between which these events are drawn: a dashed line of 10,000 rows is slow. */
function heightsOf([from, to]: Range, { height }: Layout): Range {
  return [Math.max(0, yOf(from) - ROW), Math.min(height, yOf(to + MOST_WAITS) + ROW)];
}

function socketLine(
  socket: ServerSocket,
  model: Model,
  layout: Layout,
  [highest, lowest]: Range,
): SVGElement[] {
  const x = layout.sockets[socket.lane] ?? layout.server;
  const top = Math.max(highest, yOf(socket.from - model.dropped));
  const end = socket.to === undefined ? lowest : yOf(socket.to - model.dropped);
  const bottom = Math.min(lowest, end);
  const kind = `life socket ${socket.kind}`;
  const box = { x: x - FRAME + 3, y: top - ROW / 2 + 1, width: 2 * FRAME - 6, rx: 6 };
  return [
    ...(socket.kind === 'other'
      ? [element('rect', { class: 'frame other', ...box, height: bottom - top + ROW - 2 })]
      : []),
    element('line', { class: kind, x1: x, x2: x, y1: top, y2: bottom }),
  ];
}

/** Where the server's part of a row is drawn. */
function socketOf({ place }: Event, { sockets, server }: Layout): number {
  return sockets[place.lane] ?? server;
}

function lifeLine(x: number, [top, bottom]: Range, kind = ''): SVGElement {
  return element('line', { class: `life ${kind}`, x1: x, x2: x, y1: top, y2: bottom });
}

/** What scrolls to the side, and must not be drawn over a server that stays. */
function beneath(parts: readonly SVGElement[]): SVGElement {
  const group = element('g', { 'clip-path': 'url(#clients)' });
  group.append(...parts);
  return group;
}

/** The events between two heights. */
export function rangeOf(top: number, bottom: number): Range {
  return [Math.floor((top - TOP) / ROW), Math.ceil((bottom - TOP) / ROW)];
}

/** The middle of a row. */
export function yOf(index: number): number {
  return TOP + index * ROW + ROW / 2;
}

function rowOf(
  event: Event,
  index: number,
  model: Model,
  layout: Layout,
  { choose, lose }: Acts,
): SVGElement {
  const y = yOf(index);
  const group = element('g', { class: 'event', 'data-index': index });
  group.append(band('band', index, layout));
  const client = layout.lanes[event.lane ?? 0] ?? 0;
  const { arrow } = event;
  const marks = markOf(event.client, 'client', client, y);
  const relayed = relayedBy(arrow);
  if (arrow && relayed && layout.relay !== undefined) {
    const way = wayOf(arrow, client, layout.relay, layout.server);
    const words = model.isInRelay(event)
      ? waitingWords(arrow, way, y, lose?.bind(undefined, relayed))
      : relayedWords(arrow, way, y);
    const isThere = arrow.to === 'server';
    group.append(beneath(isThere ? marks : [...words, ...marks]), ...(isThere ? words : []));
  } else {
    const parts = arrow ? arrowOf(arrow, client, socketOf(event, layout), y) : [];
    // One that comes from the side of a server that stays goes to the socket in full.
    const isUnder = layout.isPinned && client > layout.server - EDGE;
    group.append(beneath(isUnder ? [...parts, ...marks] : marks), ...(isUnder ? [] : parts));
  }
  group.append(...serverMark(event, layout, y));
  const before = model.events[index - 1];
  const pause = before ? timeOf(event) - timeOf(before) : 0;
  if (pause >= PAUSE_MS)
    group.append(text(`${Math.round(pause)} ms later`, layout.left + 8, y - ROW / 2 + 4, 'pause'));
  group.addEventListener('click', () => {
    choose(index);
  });
  return group;
}

function band(kind: string, index: number, { width }: Layout): SVGElement {
  const y = yOf(index) - ROW / 2;
  return element('rect', { class: kind, 'data-index': index, x: 0, y, width, height: ROW });
}

/** A row for each call that has begun and is not over. */
function waitRows(model: Model, layout: Layout): SVGElement[] {
  return model.waitRows.map(({ role, lane, call }, index) => {
    const y = yOf(model.events.length + index);
    const words = `${call}() waits`;
    return role === 'client'
      ? beneath([text(words, (layout.lanes[lane] ?? 0) - 12, y + 4, 'label open-wait', 'end')])
      : text(words, besideServer(layout), y + 4, 'label open-wait');
  });
}

/** A call of the server, with the socket that `accept` returned; the words are to the right of all sockets. */
function serverMark(event: Event, layout: Layout, y: number): SVGElement[] {
  const x = socketOf(event, layout);
  const [dot, label] = markOf(event.server, 'server', x, y);
  if (!dot || !label || !event.server) return [];
  const beside = besideServer(layout);
  label.setAttribute('x', String(beside));
  const kind = kindOf(event, x, layout);
  if (kind !== '') dot.classList.add(kind);
  const { logged } = event.server;
  if (logged) return [dot, ...fileOf(logged, beside, y)];
  const { born } = event.place;
  if (born === undefined) return [dot, label];
  const there = layout.sockets[born] ?? x;
  return [
    element('line', { class: 'birth', x1: x + 4, x2: there, y1: y, y2: y }),
    dot,
    element('circle', { class: 'born', cx: there, cy: y, r: 6 }),
    text(`#${event.server.named}`, there + 1, y - 9, 'number-of', 'middle'),
    label,
  ];
}

/** Where the words of the server's calls begin. */
function besideServer({ sockets, server }: Layout): number {
  return (sockets.at(-1) ?? server) + FRAME + 6;
}

/** A file of the log, its name, and what the client has asked. */
function fileOf({ file, line }: NonNullable<Mark['logged']>, x: number, y: number): SVGElement[] {
  const request = line.replace(/^\S+ \S+ /, '');
  return [
    element('path', { class: 'file', d: `M ${x} ${y - 11} h 8 l 5 5 v 15 h -13 z m 8 0 v 5 h 5` }),
    text(shorten(file, MOST_TEXT.server), x + 18, y - 2, 'label'),
    text(shorten(request, MOST_REQUEST), x + 18, y + 11, 'request-of'),
  ];
}

function kindOf({ server }: Event, x: number, { server: first }: Layout): string {
  if (server?.state === 'failed' || server?.state === 'crashed') return 'wrong';
  return x === first && server && WELCOMING.has(server.call) ? 'welcoming' : '';
}

function markOf(mark: Mark | undefined, role: Role, x: number, y: number): SVGElement[] {
  if (!mark) return [];
  const dot = element('rect', {
    class: `call ${role}`,
    x: x - 4,
    y: y - 9,
    width: 8,
    height: 18,
    rx: 3,
  });
  // Without its host, which is the same for all; the full address is next to the picture.
  const label = shorten(shortCallWords(mark), MOST_TEXT[role]);
  const side = role === 'client' ? { x: x - 12, anchor: 'end' } : { x: x + 20, anchor: 'start' };
  return [dot, text(label, side.x, y + 4, 'label', side.anchor)];
}

/** Slanted, since it takes time; a part of the way only, when it does not arrive. */
function arrowOf(arrow: Arrow, client: number, server: number, y: number): SVGElement[] {
  const [from, to] = arrow.to === 'server' ? [client + 6, server - 8] : [server - 6, client + 8];
  const isFailed = arrow.kind === 'failed' || arrow.kind === 'missing' || arrow.kind === 'in relay';
  const end = isFailed ? from + (to - from) * 0.55 : to;
  const kind = classOf(arrow);
  const most = Math.max(
    Math.floor((BETWEEN - 40) / LETTER),
    Math.floor(Math.abs(server - client) / 8) - 6,
  );
  const hasRoom = server - client >= BETWEEN - 40; // not where it scrolls beneath the server
  return [
    line(kind, [from, y - 4], [end, y + 4], !isFailed),
    ...(isFailed ? [text('✗', end, y + 8, 'cross', 'middle')] : []),
    ...(hasRoom ? pill(shorten(arrowWords(arrow), most), kind, (from + end) / 2, y) : []),
  ];
}

/** The life lines that a datagram leaves, passes and comes to. */
interface Way {
  readonly from: number;
  readonly relay: number;
  readonly to: number;
}

function wayOf({ to }: Arrow, client: number, relay: number, server: number): Way {
  return to === 'server'
    ? { from: client + 6, relay, to: server - 8 }
    : { from: server - 6, relay, to: client + 8 };
}

/**
 * The lines of a datagram through the relay: slanted from the row in which it was sent to the one in
 * which it is received, or lost. Of two that cross, one has overtaken the other.
 */
function waysOf(event: Event, index: number, model: Model, layout: Layout): SVGElement[] {
  const { arrow } = event;
  if (!arrow || !relayedBy(arrow) || layout.relay === undefined) return [];
  const client = layout.lanes[event.lane ?? 0] ?? 0;
  const { from, relay, to } = wayOf(arrow, client, layout.relay, layout.server);
  const y = yOf(index);
  const sentY = yOf(Math.max((event.sentAt ?? 0) - model.dropped, 0));
  const kind = classOf(arrow);
  const isThere = arrow.to === 'server';
  const isInRelay = arrow.kind === 'in relay';
  if (isInRelay && !model.isInRelay(event)) return []; // it was passed on in the meantime
  const lines =
    isInRelay || isLostInRelay(arrow)
      ? [line(kind, [from, sentY], [relay + (isThere ? -8 : 8), y + 4], isInRelay)]
      : [
          line(kind, [from, sentY], [relay, y - 3], false),
          line(kind, [relay, y - 3], [to, y + 4], arrow.kind === 'bytes'),
        ];
  for (const each of lines) each.setAttribute('data-index', String(index));
  // Between client and relay all scrolls with the clients.
  const scrolling = isThere ? lines.splice(0, 1) : lines.splice(1);
  return [beneath(scrolling), ...lines];
}

/** What has become of a datagram, between the relay and the side it goes to. */
function relayedWords(arrow: Arrow, { relay, to }: Way, y: number): SVGElement[] {
  if (arrow.kind !== 'bytes' && arrow.kind !== 'missing') return [];
  const isLost = isLostInRelay(arrow);
  const crossAt = arrow.kind === 'bytes' ? [] : [isLost ? relay : to];
  const cross = crossAt.map((x) => text('✗', x, y + 10, 'cross', 'middle'));
  const most = mostBetween(relay, to);
  const words = isLost ? `lost ${bytesWords(arrow.bytes)}` : arrowWords(arrow);
  const middle = (relay + to) / 2;
  return most < LEAST_TEXT
    ? cross
    : [...cross, ...pill(shorten(words, most), classOf(arrow), middle, y)];
}

/** It waits; a click on it loses it. */
function waitingWords(
  arrow: Arrow,
  { relay, to }: Way,
  y: number,
  lose: (() => void) | undefined,
): SVGElement[] {
  const most = Math.max(mostBetween(relay, to), LEAST_TEXT);
  const bytes = bytesOn(arrow);
  const words = `${lose ? 'lose ' : ''}${bytes ? bytesWords(bytes) : ''}`;
  const group = element('g', { class: lose ? 'can-lose' : '' });
  group.append(...pill(shorten(words, most), 'waiting', (relay + to) / 2, y));
  group.addEventListener('click', (event) => {
    if (!lose) return;
    event.stopPropagation();
    lose();
  });
  return [group];
}

/** Characters that have room between two life lines. */
function mostBetween(one: number, other: number): number {
  return Math.floor((Math.abs(one - other) - 36) / LETTER);
}

type Point = readonly [x: number, y: number];

function line(kind: string, [x1, y1]: Point, [x2, y2]: Point, arrives: boolean): SVGElement {
  const marker = arrives ? { 'marker-end': `url(#head-${kind})` } : {};
  return element('line', { class: `arrow ${kind}`, x1, y1, x2, y2, ...marker });
}

/** Words on an arrow, in a frame that keeps them readable. */
function pill(words: string, kind: string, x: number, y: number): SVGElement[] {
  const width = words.length * LETTER + 16;
  const box = { x: x - width / 2, y: y - 10, width, height: 20, rx: 10 };
  return [
    element('rect', { class: `pill ${kind}`, ...box }),
    text(words, x, y + 4, `words ${kind}`, 'middle'),
  ];
}

function isLostInRelay(arrow: Arrow): boolean {
  return arrow.kind === 'missing' && arrow.why === 'lost in relay';
}

/** The class of its lines and words. */
function classOf({ kind, to }: Arrow): string {
  if (kind === 'failed' || kind === 'missing' || kind === 'reset') return 'failed';
  if (kind === 'handshake' || kind === 'eof') return kind;
  return to === 'server' ? 'request' : 'reply';
}

/** Hatched where a call has waited: from where it began to where it is over. */
function waitingBars(
  model: Model,
  index: number,
  layout: Layout,
): Partial<Record<Role, SVGElement>> {
  const event = model.events[index];
  if (!event) return {};
  const bars: Partial<Record<Role, SVGElement>> = {};
  for (const role of ['client', 'server'] as const) {
    const mark = event[role];
    if (!mark || mark.d === 0 || !BLOCKING.has(mark.call)) continue;
    const begun = firstAfter(mark.t - mark.d, model, index);
    if (begun >= index) continue;
    const x = role === 'client' ? (layout.lanes[event.lane ?? 0] ?? 0) : socketOf(event, layout);
    const [top, bottom] = [yOf(begun) - ROW / 2, yOf(index) - 9];
    const box = { x: x - 4, y: top, width: 8, height: bottom - top, rx: 3 };
    bars[role] = element('rect', { class: 'waits', ...box });
  }
  return bars;
}

/** The same for calls that still wait: to the end. */
function openBars(model: Model, layout: Layout, role: Role): SVGElement[] {
  const own = model.openWaits.filter((wait) => wait.role === role);
  return own.map(({ lane, t }) => {
    const x = (role === 'client' ? layout.lanes : layout.sockets)[lane] ?? 0;
    const begun = firstAfter(t, model, model.events.length);
    const top = yOf(begun) - ROW / 2;
    const height = Math.max(0, layout.height - top);
    return element('rect', { class: 'waits', x: x - 4, y: top, width: 8, height, rx: 3 });
  });
}

/** The first event after a time; events come in the order of their time, nearly. */
function firstAfter(time: number, { events }: Model, before: number): number {
  let first = before;
  for (let event = events[first - 1]; event && timeOf(event) > time; event = events[first - 1])
    first -= 1;
  return first;
}

function definitions({ width, height, relay, server, isPinned }: Layout): SVGElement {
  const defs = element('defs', {});
  const clip = element('clipPath', { id: 'clients' });
  const edge = isPinned ? (relay ?? server) - EDGE : width;
  clip.append(element('rect', { x: 0, y: 0, width: edge, height }));
  defs.append(clip);
  for (const kind of ['request', 'reply', 'handshake', 'eof', 'failed']) {
    const marker = element('marker', {
      id: `head-${kind}`,
      class: `head ${kind}`,
      viewBox: '0 0 10 10',
      refX: 9,
      refY: 5,
      markerWidth: 9,
      markerHeight: 9,
      orient: 'auto-start-reverse',
    });
    marker.append(element('path', { d: 'M 0 0 L 10 5 L 0 10 z' }));
    defs.append(marker);
  }
  const hatch = element('pattern', {
    id: 'hatch',
    width: 6,
    height: 6,
    patternUnits: 'userSpaceOnUse',
    patternTransform: 'rotate(45)',
  });
  hatch.append(element('rect', { class: 'hatch', width: 3, height: 6 }));
  defs.append(hatch);
  return defs;
}

export function shorten(words: string, most: number): string {
  const characters = Array.from(words);
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : words;
}

function text(words: string, x: number, y: number, kind: string, anchor = 'start'): SVGElement {
  const node = element('text', { class: kind, x, y, 'text-anchor': anchor });
  node.textContent = words; // what came from the network stays text
  return node;
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  return node;
}
