import type { TraceRecord } from '../../src/trace/record';
import type { LessonRun } from '../lessons/Lesson';
import { LabStage } from './LabStage';
import { RunningLab } from './RunningLab';

/**
 * Plays a run of a lesson with the real programs, to its end and that of its servers, and gives its records.
 * @throws when a program can't be started.
 */
export async function keepRun({ lab, play }: LessonRun): Promise<readonly TraceRecord[]> {
  const running = new RunningLab();
  const { signal } = new AbortController();
  try {
    await play(new LabStage(running, { lab, mode: 'live' }, signal));
  } finally {
    await running.stop();
  }
  return running.records.all;
}
