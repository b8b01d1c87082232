import { expect } from 'chai';
import { judge, MOST_UNSTEADY, withStatus } from '../../tools/gate';
import { type Failure, NOTHING_YET, type Outcome } from '../../tools/outcome';

function failureIn(file: string, title = 'fails'): Failure {
  return { file, title, message: 'expected 1 to equal 2' };
}

function outcomeOf(failures: readonly Failure[], failedSteps: readonly string[]): Outcome {
  return { passes: 10, failures, failedSteps };
}

const always = () => true;
const never = () => false;

/** For a file that must not be run again. */
function unexpected(file: string): boolean {
  throw new Error(`${file} is run again`);
}

describe('The gate', () => {
  it('passes where nothing failed, and runs nothing again', () => {
    expect(judge(outcomeOf([], []), [], unexpected)).to.deep.equal({
      passes: 10,
      failures: 0,
      unsteady: [],
    });
  });

  it('runs a file that failed once more, and lists it with its first failure if it passes then', () => {
    const [first, second] = [failureIn('a.test.js', 'first'), failureIn('a.test.js', 'second')];
    const runs: string[] = [];

    const judgement = judge(outcomeOf([first, second], ['tests']), [], (file) => {
      runs.push(file);
      return true;
    });

    expect(judgement).to.deep.equal({ passes: 12, failures: 0, unsteady: [first] });
    expect(runs).to.deep.equal(['a.test.js']);
  });

  it('fails where a file fails again', () => {
    const failures = [failureIn('a.test.js'), failureIn('b.test.js')];

    const judgement = judge(
      outcomeOf(failures, ['tests of the kit', 'tests']),
      [],
      (file) => file === 'b.test.js',
    );

    expect(judgement).to.deep.equal({ passes: 11, failures: 1, unsteady: [failures[1]] });
  });

  it('fails where another step did, and runs nothing again', () => {
    const judgement = judge(outcomeOf([failureIn('a')], ['lint', 'tests']), [], unexpected);

    expect(judgement.failures).to.equal(2);
  });

  it('fails where a step failed without a test that says so', () => {
    expect(judge(outcomeOf([], ['tests']), [], unexpected).failures).to.equal(1);
    expect(judge(outcomeOf([], ['coverage']), [], unexpected).failures).to.equal(1);
    expect(judge(outcomeOf([failureIn('')], ['tests']), [], unexpected).failures).to.equal(1);
  });

  it('allows the stated number of unsteady files in all its calls together', () => {
    const most = Array.from({ length: MOST_UNSTEADY }, (_, index) => failureIn(`${index}.test.js`));
    const [last, ...before] = most;

    expect(judge(outcomeOf(most, ['tests']), [], always).failures).to.equal(0);
    expect(judge(outcomeOf(last ? [last] : [], ['tests']), before, always).failures).to.equal(0);
    expect(judge(outcomeOf([failureIn('z')], ['tests']), most, unexpected).failures).to.equal(1);
    expect(judge(outcomeOf(most, ['tests']), [], never).failures).to.equal(MOST_UNSTEADY);
  });

  it('fails where npm test was ended in the middle, though no test had failed until then', () => {
    const sofar = outcomeOf([], []);
    for (const status of [null, 1, 137])
      expect(judge(withStatus(sofar, status), [], unexpected).failures).to.equal(1);

    expect(withStatus(sofar, 0)).to.deep.equal(sofar);
    expect(withStatus(outcomeOf([], ['lint']), 1).failedSteps).to.deep.equal(['lint']);
  });

  it('knows a run that never came to its tests from one that passed', () => {
    expect(judge(NOTHING_YET, [], unexpected).passes).to.equal(0);
  });
});
