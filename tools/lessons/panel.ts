import { escapeHtml } from '../lab/escapeHtml';
import type { LessonText } from '../page/browser/lessonText';

/** What differs between the live page and the site. */
export interface PanelOptions {
  /** What starts a run: a button, or a link to a run that is kept. */
  readonly starter: (lesson: LessonText, run: number) => string;
  /** The lesson that is open. */
  readonly open?: string;
}

/** The list of lessons. One of them can be open, with what to do in it. */
export function lessonsPanel(lessons: readonly LessonText[], options: PanelOptions): string {
  const items = lessons.map((lesson) => `<li>${lessonItem(lesson, options)}</li>`);
  return `<details class="panel lessons" id="lessons" open>
<summary>Lessons</summary>
<ol>
${items.join('\n')}
</ol>
</details>`;
}

function lessonItem(lesson: LessonText, { starter, open }: PanelOptions): string {
  const { id, slide, title, text, runs, question, answer } = lesson;
  const starters = runs.map((_, index) => starter(lesson, index));
  const looks = runs.map(
    ({ look }, index) =>
      `<p class="look" data-run="${index}"><b>Look for:</b> ${escapeHtml(look)} <button type="button" class="show" hidden>Show it</button></p>`,
  );
  return `<details name="lesson" data-lesson="${id}"${open === id ? ' open' : ''}>
<summary>${escapeHtml(title)}</summary>
<p class="slide">Slide “${escapeHtml(slide)}”</p>
<p>${escapeHtml(text)}</p>
<p class="starters">${starters.join(' ')}</p>
${looks.join('\n')}
<p class="question">${escapeHtml(question)}</p>
<details class="answer"><summary>Answer</summary><p>${escapeHtml(answer)}</p></details>
</details>`;
}
