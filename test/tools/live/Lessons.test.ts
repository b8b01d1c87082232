import { expect } from 'chai';
import { setImmediate } from 'node:timers/promises';
import { Lessons } from '../../../tools/live/Lessons';
import { RunningLab } from '../../../tools/live/RunningLab';
import { afterwards, cleanUp } from '../../helpers/cleanUp';

describe('Lessons', function () {
  afterEach(cleanUp);
  const { signal } = new AbortController();

  function start(): { lab: RunningLab; lessons: Lessons; said: string[] } {
    const lab = new RunningLab();
    const said: string[] = [];
    lab.on('said', (text) => said.push(text));
    afterwards(() => lab.stop());
    return { lab, lessons: new Lessons(lab), said };
  }

  for (const [id, clients] of [
    ['await', 2],
    ['killed', 1],
  ] as const)
    it(`are stopped in the middle, and the next can begin: ${id}`, async () => {
      const { lab, lessons, said } = start();
      await lessons.begin(id, 0, 'step');
      // The server makes its calls; the clients wait before their first.
      while (lab.state.clients < clients) {
        await lab.until(
          () => lab.state.halted.some(({ role }) => role === 'server') || lab.state.clients > 0,
          signal,
        );
        const server = lab.state.halted.find(({ role }) => role === 'server');
        if (server) lab.step(server.id);
        else await setImmediate();
      }
      expect(lessons.state).to.deep.equal({ id, run: 0, isOver: false });
      lessons.forget();
      await lab.stop();
      await setImmediate(); // what nobody handles would be seen now
      expect([lessons.state, lab.state.clients]).to.deep.equal([undefined, 0]);

      await lessons.begin('figure', 0, 'live');
      await lab.until(() => lessons.state?.isOver === true, signal);
      expect(said).to.deep.equal([]);
    });

  it('begin one after the other when two are wanted at the same time', async () => {
    const { lab, lessons } = start();
    await Promise.all([lessons.begin('killed', 0, 'live'), lessons.begin('figure', 0, 'live')]);
    await lab.until(() => lessons.state?.isOver === true, signal);

    expect(lessons.state).to.deep.equal({ id: 'figure', run: 0, isOver: true });
    expect(lab.records.all.some(({ type }) => type === 'killed')).to.equal(false);
  });

  it('say that there is no such lesson', async () => {
    const { lessons } = start();
    const error = await lessons.begin('figure', 3, 'live').catch((reason: unknown) => reason);

    expect(error).to.have.property('message', 'there is no such lesson');
  });
});
