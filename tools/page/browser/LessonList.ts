/** Where the browser keeps which lessons are done. */
const KEY = 'lab3-lessons';

/** The behaviour of the list of lessons on a page; tools/lessons/panel.ts makes its HTML. */
export class LessonList {
  readonly #list = document.getElementById('lessons');

  /** @param show looks at the row that a lesson's run points at. */
  constructor(show: () => void) {
    for (const id of doneBefore()) this.#mark(id);
    for (const button of this.#all('.show')) button.addEventListener('click', show);
    for (const lesson of this.#all<HTMLDetailsElement>('[data-lesson]'))
      lesson.addEventListener('toggle', () => {
        if (lesson.open) lesson.scrollIntoView({ block: 'nearest' });
      });
  }

  /** @param begin is called with the lesson, and which of its runs. */
  onBegin(begin: (id: string, run: number) => void): void {
    for (const button of this.#all<HTMLButtonElement>('button[data-begin]'))
      button.addEventListener('click', () => {
        begin(lessonOf(button), Number(button.dataset['begin']));
      });
  }

  /** Shows the number of the row to look for, from 1; undefined until it has come. */
  found(id: string, run: number, row: number | undefined): void {
    for (const look of this.#all('.look')) {
      const isHere = lessonOf(look) === id && look.dataset['run'] === String(run);
      look.hidden = lessonOf(look) === id && !isHere; // of the lesson's other run
      const button = look.querySelector<HTMLButtonElement>('.show');
      if (!button) continue;
      button.hidden = !isHere || row === undefined;
      button.textContent = `Show it: row ${row}`;
    }
  }

  /** Folds the list, if the user goes on alone and has opened no lesson. */
  fold(): void {
    const list = this.#list;
    const isUsed = this.#all<HTMLDetailsElement>('[data-lesson]').some(({ open }) => open);
    if (list instanceof HTMLDetailsElement && !isUsed) list.open = false;
  }

  /** Opens the lesson that runs. */
  open(id: string): void {
    const lesson = this.#all<HTMLDetailsElement>('[data-lesson]').find(
      ({ dataset }) => dataset['lesson'] === id,
    );
    if (lesson) lesson.open = true;
  }

  /** Marks a lesson as done, in the browser's storage. */
  done(id: string): void {
    const done = new Set(doneBefore()).add(id);
    this.#mark(id);
    try {
      localStorage.setItem(KEY, JSON.stringify([...done]));
    } catch {
      // a browser without storage
    }
  }

  #mark(id: string): void {
    for (const lesson of this.#all('[data-lesson]')) {
      const summary = lesson.querySelector('summary');
      if (lesson.dataset['lesson'] !== id || !summary || lesson.classList.contains('done'))
        continue;
      lesson.classList.add('done');
      const unseen = document.createElement('span');
      unseen.className = 'unseen';
      unseen.textContent = ', done';
      summary.append(unseen);
    }
  }

  #all<Kind extends HTMLElement>(selector: string): Kind[] {
    return [...(this.#list?.querySelectorAll<Kind>(selector) ?? [])];
  }
}

function lessonOf(part: HTMLElement): string {
  return part.closest<HTMLElement>('[data-lesson]')?.dataset['lesson'] ?? '';
}

/** The stored value may be anything. */
function doneBefore(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.map(String) : [];
  } catch {
    return [];
  }
}
