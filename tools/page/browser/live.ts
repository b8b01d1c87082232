/** The page of a live run: its buttons, and the news from the live server. */
import { parseTrace } from '../../../src/trace/record';
import { LessonList } from './LessonList';
import { seek, type Sought } from './lessonText';
import { Model } from './Model';
import type { Halted, News, Orders, State } from './protocol';
import { type Sources, Viewer } from './Viewer';

interface Given {
  readonly sources: Sources;
  readonly names: Readonly<Record<string, readonly [server: string, client: string]>>;
  /** Of the programs that the command line has named. */
  /** What each run of each lesson points at. */
  readonly sought: Readonly<Record<string, readonly Sought[]>>;
  readonly own?: { readonly isUdp: boolean; readonly isClientOwn: boolean };
}

/** The name of the lab with the student's own programs. */
const OWN = 'own';
const given = JSON.parse(document.getElementById('given')?.textContent ?? '') as Given;
const FRAME_MS = 50;
/** Of what the programs say on stderr. */
const MOST_SAID = 1000;
let state: State = {
  lab: given.own ? OWN : 'echo',
  mode: 'live',
  phase: 'none',
  clients: 0,
  halted: [],
  dropped: 0,
  ways: [],
};
let model = fresh();
/** The lab's, and the student's own as they are named. */
const sources: Record<string, readonly string[]> = { ...given.sources };
const viewer = new Viewer(model, sources, (datagram) => void order('lose', datagram));
const lessons = new LessonList(() => {
  if (pointed !== undefined) viewer.choose(pointed);
});
/** The row that the lesson points at. */
let pointed: number | undefined;
/** Whether a lesson has just ended, and its row is to be shown. */
let isToBeShown = false;
/** The row that was shown at a lesson's end. The page stays there. */
let shown: number | undefined;
let redrawing: number | undefined;
/** The event that was looked at when something new came, if it was the last: the newest is looked at next. */
let followedFrom: number | undefined;
/** Records that were dropped before this page has heard of them. */
let missed = 0;
/** Whether the page has heard how the programs run now. */
let isSynced = false;
/** What is to be done when a process is halted again. */
let whenHalted: (() => void) | undefined;
/** The trace that is looked at instead of what runs. */
let opened: string | undefined;

function fresh(): Model {
  const [server = 'server', client = 'client'] = given.names[state.lab] ?? [];
  return new Model('both', { server, client });
}

const events = new EventSource('events');
on('record', (record) => {
  if (redrawing === undefined)
    followedFrom = viewer.isAtEnd && !viewer.isPlaying ? viewer.chosen : undefined;
  model.add(record);
  redraw();
});
on('source', ({ file, lines }) => {
  sources[file] = lines;
  viewer.forgetSource(file);
});
on('cleared', () => {
  isSynced = false;
  opened = undefined;
  pointed = undefined;
  isToBeShown = false;
  shown = undefined;
  model = fresh();
  viewer.show(model);
});
on('said', ({ text }) => {
  const said = byId('said');
  said.textContent = `${said.textContent}${text}`.slice(-MOST_SAID);
});
on('state', (next) => {
  const isAnother = state.lab !== next.lab;
  const { lesson } = state;
  state = next;
  if (!isSynced) missed = state.dropped;
  if (!isSynced && state.mode === 'step') (byId('mode') as HTMLSelectElement).value = 'step';
  isSynced = true;
  if (isAnother) {
    (byId('lab') as HTMLSelectElement).value = state.lab;
    model = fresh();
    viewer.show(model);
  }
  followLesson(lesson);
  showState();
});

/** After a lost connection, the server sends everything again, so begin from an empty page. */
events.addEventListener('open', () => {
  byId('gone').hidden = true;
  isSynced = false;
  model = fresh();
  viewer.show(model);
});

/** The browser reconnects by itself, unless it has given up. */
events.addEventListener('error', () => {
  const again = events.readyState === EventSource.CLOSED ? ', and then reload this page' : '';
  byId('gone').textContent =
    `The program behind this page has ended: nothing on this page works until you start it again in the terminal${again}.`;
  byId('gone').hidden = false;
});

/** Many records in one moment are one drawing. */
function redraw(): void {
  redrawing ??= window.setTimeout(() => {
    redrawing = undefined;
    if (opened !== undefined) return;
    viewer.redraw();
    point();
    // Not if the user has chosen another row in the meantime.
    const isFollowing = followedFrom === viewer.chosen && viewer.chosen !== shown;
    if (isFollowing && pace() === 'slow') viewer.followSlowly();
    else if (isFollowing) viewer.follow();
    showState();
  }, FRAME_MS);
}

function on<Name extends keyof News>(name: Name, act: (news: News[Name]) => void): void {
  events.addEventListener(name, (event) => {
    act(JSON.parse((event as MessageEvent<string>).data) as News[Name]);
  });
}

/** Shows the row that the lesson points at, once it has come. */
function point(): void {
  const { lesson } = state;
  const sought = lesson && given.sought[lesson.id]?.[lesson.run];
  const row = sought && opened === undefined ? seek(model.events, sought) : -1;
  pointed = row < 0 ? undefined : row;
  viewer.point(pointed);
  lessons.found(lesson?.id ?? '', lesson?.run ?? 0, pointed === undefined ? undefined : row + 1);
  if (!isToBeShown || pointed === undefined) return;
  isToBeShown = false;
  shown = pointed;
  viewer.choose(pointed);
}

/** What a lesson's beginning and end change. */
function followLesson(before: State['lesson']): void {
  const { lesson, phase, clients } = state;
  if (lesson && lesson.id !== before?.id) lessons.open(lesson.id);
  if (!lesson && (phase !== 'none' || clients > 0)) lessons.fold();
  if (lesson?.isOver) lessons.done(lesson.id);
  isToBeShown ||= lesson?.isOver === true && before?.isOver === false && pace() === 'live';
  point();
}

const STOP_FIRST = 'Stop the running programs first.';
const CHOOSE_STEP = 'No process is halted: choose "call by call" before you start.';
const NOBODY_HALTED = 'No process is halted: each waits in a call for another one.';
const NO_SERVER = 'Start the server first.';

/** A button that can't be used now is grey, and its title says why. */
function allow(id: string, whyNot: string | undefined): void {
  const control = byId(id) as HTMLButtonElement | HTMLInputElement | HTMLSelectElement;
  control.disabled = whyNot !== undefined;
  control.title = whyNot ?? '';
  control.setAttribute('aria-description', whyNot ?? '');
}

function serverButton(): string {
  if (state.phase === 'stops') return 'Stopping …';
  if (state.phase !== 'none') return 'Stop server';
  return state.clients > 0 ? 'Stop clients' : 'Start server';
}

function showControls(): void {
  const { phase, clients, halted, mode } = state;
  const isOwn = valueOf('lab') === OWN;
  const isUdp = isOwn ? given.own?.isUdp === true : valueOf('lab').startsWith('udp');
  const isRunning = phase !== 'none' || clients > 0;
  byId('network').hidden = !isUdp;
  byId('lose').hidden = !isUdp;
  byId('live').hidden = opened === undefined;
  byId('server').textContent = serverButton();
  const relay = state.relay === undefined ? '' : ` behind the relay ${state.relay}`;
  const port = state.server?.replace(/^.*(?=:)/, '') ?? '';
  byId('address').textContent = phase === 'starts' ? 'starting …' : port;
  byId('address').title = state.server === undefined ? '' : `${state.server}${relay}`;
  const whileStopping = phase === 'stops' ? 'The programs are stopping.' : undefined;
  const whileRunning = isRunning ? STOP_FIRST : undefined;
  allow('server', whileStopping);
  for (const id of ['lab', 'loss', 'duplicate', 'reorder', 'seed']) allow(id, whileRunning);
  for (const option of (byId('mode') as HTMLSelectElement).options)
    option.disabled = isRunning && (option.value === 'step') !== (mode === 'step');
  byId('mode').title = isRunning ? 'Stop the running programs first to change this.' : '';
  const isKnown = isOwn && given.own?.isClientOwn === true;
  allow('message', isKnown ? 'Your client is started with your command.' : undefined);
  for (const id of ['client', 'three']) allow(id, whileStopping);
  const notStepping = isRunning && mode === 'step' ? NOBODY_HALTED : CHOOSE_STEP;
  allow('step', halted.length > 0 ? undefined : notStepping);
  allow('kill', clients > 0 ? undefined : 'No client is running.');
  allow('second', phase === 'listens' ? undefined : NO_SERVER);
  allow('lose', model.inRelay.size > 0 ? undefined : 'No datagram waits in the relay.');
}

/** `EchoClient B` */
function nameOf({ role, program, pid }: Halted): string {
  const letter = role === 'client' && pid !== undefined ? model.letterOf(pid) : undefined;
  return letter === undefined ? program : `${program} ${letter}`;
}

function beforeWhat({ call, line }: Halted): string {
  const place = line ? `, ${line.file.replace(/^.*\//, '')}:${line.line}` : '';
  return `${call}()${place}`;
}

/** The process that Step continues: the chosen one, or the first. */
function nextToGo(): Halted | undefined {
  const chosen = Number(valueOf('who'));
  return state.halted.find(({ id }) => id === chosen) ?? state.halted[0];
}

/** The processes that can go on, and the line that runs next. */
function showHalted(): void {
  const next = nextToGo();
  const choices = state.halted.map(
    (halted) => new Option(`${nameOf(halted)}, ${halted.call}()`, String(halted.id)),
  );
  byId('who').replaceChildren(...choices);
  byId('choice').hidden = choices.length < 2;
  if (next) (byId('who') as HTMLSelectElement).value = String(next.id);
  viewer.showNext(
    opened === undefined && next?.line ? { role: next.role, line: next.line } : undefined,
  );
}

function showState(): void {
  showControls();
  showHalted();
  showEmpty();
  const parts = [
    opened === undefined ? '' : `This is ${opened}.`,
    ...state.ways.map((way) => `${way}.`),
    state.relay === undefined ? '' : `The relay before the server is ${state.relay}.`,
    ...state.halted.map((halted) => `${nameOf(halted)} is halted before ${beforeWhat(halted)}.`),
    state.halted.length > 0 ? 'Step (or the key s) makes the call.' : '',
    opened === undefined && model.waiting.length > 0 ? `Waiting: ${model.waiting.join('; ')}.` : '',
    viewer.isAtEnd || opened !== undefined
      ? ''
      : 'This is an earlier call; the processes have not gone back.',
    viewer.dropped > 0 ? `${viewer.dropped} older events were discarded.` : '',
    opened === undefined && missed > 0 ? `${missed} older records were discarded.` : '',
  ];
  byId('notice').textContent = parts.filter((part) => part !== '').join(' ');
  if (state.halted.length > 0) {
    whenHalted?.();
    whenHalted = undefined;
  }
}

/** The text in the place of the picture, before there is one. */
function showEmpty(): void {
  const isEmpty = model.events.length === 0 && opened === undefined;
  byId('empty').hidden = !isEmpty;
  if (!isEmpty) return;
  const steps = [
    'Press “Start server”: the real program starts, and each of its socket calls is drawn here.',
    'Type a message for the client, and press “Run client”.',
    'Click a row, or use the arrow keys: on the right you see what has happened, and in which line.',
  ];
  const list = document.createElement('ol');
  for (const step of steps)
    list.append(Object.assign(document.createElement('li'), { textContent: step }));
  const hint = document.createElement('p');
  hint.textContent =
    'Choose a lesson: its button starts everything that it needs. Or do it step by step:';
  byId('empty').replaceChildren(hint, list);
}

async function order<Name extends keyof Orders>(name: Name, what: Orders[Name]): Promise<void> {
  byId('said').textContent = '';
  const response = await fetch(name, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(what),
  });
  if (response.ok) return;
  const { why } = (await response.json()) as { why?: string };
  byId('said').textContent = why ?? 'the live server refused it';
}

function click(id: string, act: () => Promise<void>): void {
  byId(id).addEventListener('click', () => {
    void act();
  });
}

const valueOf = (id: string) => (byId(id) as HTMLInputElement | HTMLSelectElement).value;
const pace = () => valueOf('mode');
const message = () => valueOf('message');
const oddsOf = () => ({
  loss: Number(valueOf('loss')),
  duplicate: Number(valueOf('duplicate')),
  reorder: Number(valueOf('reorder')),
  seed: Number(valueOf('seed')),
});
const wanted = () => ({
  lab: valueOf('lab'),
  mode: pace() === 'step' ? ('step' as const) : ('live' as const),
});
const start = () => order('start', { ...wanted(), odds: oddsOf() });
click('server', () =>
  state.phase === 'none' && state.clients === 0 ? start() : order('stop', {}),
);
const run = (count: 1 | 3) => order('client', { ...wanted(), message: message(), count });
click('client', () => run(1));
click('three', () => run(3));
byId('message').addEventListener('keydown', (event) => {
  if (event.key === 'Enter') void run(1);
});
click('live', () => {
  opened = undefined;
  viewer.show(model);
  viewer.follow();
  showState();
  return Promise.resolve();
});
lessons.onBegin((id, run) => {
  void order('lesson', { id, run, mode: wanted().mode });
});
click('second', () => order('second', {}));
click('kill', () => order('kill', {}));
click('step', async () => {
  const next = nextToGo();
  if (!next) return;
  await order('step', { id: next.id });
  // A button that was grey for a moment has lost the focus.
  whenHalted = () => {
    byId('step').focus();
  };
});
byId('who').addEventListener('change', showHalted);
document.addEventListener('keydown', (event) => {
  const isTyping = event.target instanceof HTMLInputElement && event.target.type !== 'range';
  if (event.key === 's' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey)
    byId('step').click();
});
click('lose', () => {
  const [first] = model.inRelay.values();
  return first ? order('lose', first) : Promise.resolve();
});
if (given.own) byId('lab').prepend(new Option('Yours', OWN, true, true));
byId('lab').addEventListener('change', showState);
document.addEventListener('chosen', showState);

/** A trace from a file: it is shown until a server is started. */
async function open(file: File): Promise<void> {
  byId('said').textContent = '';
  try {
    viewer.show(Model.of(parseTrace(await file.text())));
    opened = file.name;
    viewer.choose(0);
  } catch (error) {
    byId('said').textContent = `${file.name} can't be opened: ${(error as Error).message}`;
  }
  showState();
}
byId('open').addEventListener('change', () => {
  const [file] = (byId('open') as HTMLInputElement).files ?? [];
  if (file) void open(file);
});

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no ${id}`);
  return found;
}
