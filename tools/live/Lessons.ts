import { LESSONS } from '../lessons/lessons';
import type { Mode, State } from '../page/browser/protocol';
import { LabStage } from './LabStage';
import { Refusal, type RunningLab } from './RunningLab';

/** The lesson that runs on the page, if there is one. */
export class Lessons {
  #stop = new AbortController();
  #state: State['lesson'];

  constructor(private readonly lab: RunningLab) {}

  get state(): State['lesson'] {
    return this.#state;
  }

  /**
   * Ends the programs that run, and begins a lesson. Resolves when it has begun.
   * @throws Refusal when there is no such lesson.
   */
  async begin(id: string, run: number, mode: Mode): Promise<void> {
    const chosen = LESSONS.find((lesson) => lesson.id === id)?.runs[run];
    if (!chosen) throw new Refusal('there is no such lesson');
    this.forget();
    const stop = new AbortController();
    this.#stop = stop;
    await this.lab.stop();
    if (stop.signal.aborted) return;
    this.#state = { id, run, isOver: false };
    const stage = new LabStage(this.lab, { lab: chosen.lab, mode }, stop.signal);
    void chosen.play(stage).then(
      () => {
        if (stop.signal.aborted) return;
        this.#state = { id, run, isOver: true };
        this.lab.emit('state');
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        this.#state = undefined;
        this.lab.emit('said', `The lesson can't go on: ${String(error)}\n`);
      },
    );
  }

  /** After the user presses a button, the lesson ends. */
  forget(): void {
    this.#state = undefined;
    this.#stop.abort(new Refusal('the lesson was stopped'));
  }
}
