import { readdirSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../lab/LabProgram';
import { PAIRS } from '../lab/pairs';
import { fill, json, MODULES, read, sourcesOf } from '../page/html';

const MAIN = 'tools/page/browser/live';
/** The modules that the page asks for. */
export const LIVE_MODULES: readonly string[] = [...MODULES, MAIN];

/** The page of the live server. */
export function livePage(nonce: string): string {
  const imports = Object.fromEntries(
    LIVE_MODULES.map((name) => [`lab/${name}`, `./js/${name}.js`]),
  );
  const names = Object.fromEntries(
    Object.entries(PAIRS).map(([lab, files]) => [lab, files.map((file) => path.basename(file))]),
  );
  const scripts = [
    `<script type="application/json" id="given" nonce="${nonce}">${json({ names, sources: allSources() })}</script>`,
    `<script type="importmap" nonce="${nonce}">${json({ imports })}</script>`,
    `<script type="module" nonce="${nonce}">import 'lab/${MAIN}';</script>`,
  ];
  const controls = read('tools/page/browser/controls.html');
  return fill({ title: 'Lab 3, live', nonce, controls, scripts: scripts.join('\n') });
}

let sources: Record<string, string[]> | undefined;

/** All files in which a call of the lab's programs can stand; they do not change while it runs. */
function allSources(): Record<string, string[]> {
  sources ??= sourcesOf(
    ['src', 'src/socket', 'src/udp'].flatMap((folder) =>
      readdirSync(path.join(ROOT, folder))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`),
    ),
  );
  return sources;
}
