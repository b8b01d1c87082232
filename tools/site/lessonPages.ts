/** A page for each run of each lesson; the real programs made the run when the site was built. */
import type { TraceRecord } from '../../src/trace/record';
import { escapeHtml } from '../lab/escapeHtml';
import type { Lesson } from '../lessons/Lesson';
import { lessonsPanel } from '../lessons/panel';
import type { LessonText } from '../page/browser/lessonText';
import { dataUrl, fill, json, LESSON_MODULES, moduleOf, MODULES } from '../page/html';
import { sourcesOfRun } from '../trace/html';
import { NO_ICON, relative, type Site } from './Site';

const MAIN = 'tools/page/browser/keptLesson';
/** All modules as one classic script: a page on a disk may load no others. */
export const MODULES_FILE = 'assets/modules.js';

/** Writes the modules that all of these pages share. */
export function writeModules(site: Site): void {
  const names = [...MODULES, ...LESSON_MODULES, MAIN];
  const imports = Object.fromEntries(names.map((name) => [`lab/${name}`, dataUrl(moduleOf(name))]));
  site.write(
    MODULES_FILE,
    `const map = document.createElement('script');
map.type = 'importmap';
map.textContent = ${JSON.stringify(JSON.stringify({ imports }))};
document.head.append(map);
`,
  );
}

/** `lessons/await-2.html` */
export function lessonFile({ id, runs }: Pick<LessonText, 'id' | 'runs'>, run: number): string {
  return `lessons/${id}${runs.length > 1 ? `-${run + 1}` : ''}.html`;
}

export function writeLesson(
  site: Site,
  lessons: readonly Lesson[],
  { lesson, run }: { lesson: Lesson; run: number },
  records: readonly TraceRecord[],
): void {
  const file = lessonFile(lesson, run);
  const starter = (other: LessonText, index: number) => {
    const isHere = other.id === lesson.id && index === run;
    if (isHere && other.runs.length === 1)
      return 'Go through it with the arrow keys, or click a row.';
    const label = other.runs.length > 1 ? (other.runs[index]?.label ?? '') : 'Step through it';
    return `<a class="button" href="${relative(file, lessonFile(other, index))}"${isHere ? ' aria-current="page"' : ''}>${escapeHtml(label)}</a>`;
  };
  const given = {
    records,
    sources: sourcesOfRun(records),
    lesson: { id: lesson.id, run, sought: lesson.runs[run]?.sought },
  };
  const scripts = [
    `<script src="${relative(file, MODULES_FILE)}"></script>`,
    `<script type="application/json" id="run">${json(given)}</script>`,
    `<script type="module">import 'lab/${MAIN}';</script>`,
  ];
  const page = fill({
    title: 'Lab 3',
    lessons: lessonsPanel(lessons, { starter, open: lesson.id }),
    controls: site.menu(file),
    scripts: scripts.join('\n'),
  });
  const title = `<title>${escapeHtml(lesson.title)} – Lab 3</title>\n${NO_ICON}`;
  site.write(file, page.replace(/<title>.*<\/title>/, title));
}
