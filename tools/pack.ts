/**
 * For `npm run build`, into build/: the modules of the page as JavaScript, since the package has no compiler, and
 * inversify as one file. It has 365, and every start of a server loaded them all for 0.2 s.
 */
import { buildSync } from 'esbuild';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from './lab/LabProgram';
import { compiled, LESSON_MODULES, MODULES, packedModule } from './page/html';

const OWN = 'tools/page/browser';
const own = readdirSync(path.join(ROOT, OWN))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => `${OWN}/${path.basename(name, '.ts')}`);
for (const name of new Set([...own, ...MODULES, ...LESSON_MODULES])) {
  const file = path.join(ROOT, packedModule(name));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, compiled(name));
}

buildSync({
  entryPoints: [require.resolve('inversify', { paths: [ROOT] })],
  bundle: true,
  platform: 'node',
  external: ['reflect-metadata', 'reflect-metadata/lite'],
  // Node looks here before it looks in the project's own node_modules.
  outfile: path.join(ROOT, 'build/node_modules/inversify/index.js'),
});
