/** A run of a lesson that is kept in the page itself. */
import type { TraceRecord } from '../../../src/trace/record';
import { LessonList } from './LessonList';
import { seek, type Sought } from './lessonText';
import { Model } from './Model';
import { type Sources, Viewer } from './Viewer';

interface Given {
  readonly records: readonly TraceRecord[];
  readonly sources: Sources;
  readonly lesson: { readonly id: string; readonly run: number; readonly sought: Sought };
}

const given = JSON.parse(document.getElementById('run')?.textContent ?? '') as Given;
const { id, run, sought } = given.lesson;
const model = Model.of(given.records);
const viewer = new Viewer(model, given.sources);
const row = seek(model.events, sought);
const lessons = new LessonList(() => {
  viewer.choose(row);
});
viewer.point(row);
lessons.found(id, run, row + 1);
document.addEventListener('chosen', () => {
  if (viewer.isAtEnd) lessons.done(id);
});
