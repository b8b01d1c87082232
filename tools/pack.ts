/** For `npm run build`: writes the modules of the page as JavaScript into build/, since the package has no compiler. */
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
