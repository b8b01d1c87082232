import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { escapeHtml } from '../lab/escapeHtml';
import { ROOT } from '../lab/LabProgram';
import { LESSON_PAIRS, PAIRS } from '../lab/pairs';
import { LESSONS } from '../lessons/lessons';
import { lessonsPanel } from '../lessons/panel';
import type { LessonText } from '../page/browser/lessonText';
import { nameOf } from '../trace/sides';
import { type Own, OWN } from './RunningLab';
import { fill, json, LESSON_MODULES, MODULES, read, sourcesOf } from '../page/html';

const MAIN = 'tools/page/browser/live';
/** The modules that the page asks for. */
export const LIVE_MODULES: readonly string[] = [...MODULES, ...LESSON_MODULES, MAIN];

/** The page of the live server. */
export function livePage(nonce: string, own?: Own): string {
  const imports = Object.fromEntries(
    LIVE_MODULES.map((name) => [`lab/${name}`, `./js/${name}.js`]),
  );
  const names: Record<string, string[]> = Object.fromEntries(
    Object.entries({ ...PAIRS, ...LESSON_PAIRS }).map(([lab, files]) => [
      lab,
      files.map((file) => path.basename(file)),
    ]),
  );
  if (own) names[OWN] = namesOf(own);
  const sought = Object.fromEntries(
    LESSONS.map(({ id, runs }) => [id, runs.map((run) => run.sought)]),
  );
  const given = { names, own: own && ownGiven(own), sources: allSources(), sought };
  const scripts = [
    `<script type="application/json" id="given" nonce="${nonce}">${json(given)}</script>`,
    `<script type="importmap" nonce="${nonce}">${json({ imports })}</script>`,
    `<script type="module" nonce="${nonce}">import 'lab/${MAIN}';</script>`,
  ];
  const controls = read('tools/page/browser/controls.html');
  const lessons = lessonsPanel(LESSONS, { starter: beginButton });
  return fill({ title: 'Lab 3, live', nonce, controls, lessons, scripts: scripts.join('\n') });
}

function beginButton({ runs }: LessonText, run: number): string {
  return `<button type="button" data-begin="${run}">${escapeHtml(runs[run]?.label ?? '')}</button>`;
}

function namesOf({ lab, server, client }: Own): string[] {
  const [ourServer = '', ourClient = ''] = PAIRS[lab] ?? [];
  return [
    server ? nameOf(server) : path.basename(ourServer),
    client ? nameOf(client) : path.basename(ourClient),
  ];
}

/** What the page must know of them: no command. */
function ownGiven({ lab, client }: Own): { isUdp: boolean; isClientOwn: boolean } {
  return { isUdp: lab.startsWith('udp'), isClientOwn: client !== undefined };
}

let sources: Record<string, string[]> | undefined;

/** All files that can contain a call of the lab's programs; they do not change while it runs. */
function allSources(): Record<string, string[]> {
  sources ??= sourcesOf(
    ['src', 'src/socket', 'src/udp', 'steps', 'examples/clients'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`),
    ),
  );
  return sources;
}
