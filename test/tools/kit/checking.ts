import { expect } from 'chai';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterwards } from '../../helpers/cleanUp';
import { hasCommand, itWith } from '../../helpers/itOnLinux';
import { ROOT } from '../../helpers/Program';
import { checkOne } from '../../../tools/kit/checkOne';
import { toJson } from '../../../tools/kit/formats';
import { checkOf, kitCommand } from '../../../tools/kit/options';
import { hasPassed } from '../../../tools/kit/report';

const GALLERY = 'test/tools/kit/gallery';
const TOGETHER = 3;
const ALL_STAGES = 15;
/** On a slow and busy machine, one program and the whole gallery may take this long. */
const RUN_S = '300';
const GALLERY_MS = 600_000;

export interface StageResult {
  readonly number: number;
  readonly title: string;
  readonly status: string;
  readonly seconds: number;
  readonly because?: string;
  readonly came?: string;
  readonly likely?: string;
  readonly printed?: string;
  readonly where?: string;
  readonly try?: string;
  readonly saw?: readonly string[];
}

export interface Checked {
  readonly code: number | null;
  readonly stages: StageResult[];
}

/** The forms of a line to be pasted; those that tryLines.test.ts has seen end by themselves. */
const TRY = /^(?:nc -vz|(?:echo|printf) '[^']*' \| nc (?:-q 1 )?-w 2) \S+ \d+$/;
const EXAMPLE = 'nc -vz 127.0.0.1 6015';

const NOT_CHECKED: Checked = { code: null, stages: [] };

/** The first stage that a program of the gallery fails, and the cause named, or what came. */
export type Mistake = readonly [stage: number, cause: RegExp];

/** A folder that is gone after the test. */
export function freshFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lab3-kit-'));
  afterwards(() => {
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** What `npm run check -- ARGS` finds. The kit runs in this process, which spares the start of one. */
export function check(...args: string[]): Promise<Checked> {
  return checkWatched('--no-where', ...args);
}

/** The same, and the program is watched when a stage has failed, which takes its time. */
export async function checkWatched(...args: string[]): Promise<Checked> {
  const command = kitCommand().parse(['--timeout', RUN_S, ...args], { from: 'user' });
  const { signal } = new AbortController();
  const { result, error } = await checkOne(checkOf(command), [], () => undefined, signal);
  expect(error).to.equal(undefined);
  const { stages } = JSON.parse(toJson(result)) as { stages: StageResult[] };
  return { code: hasPassed(result.verdicts) ? 0 : 1, stages };
}

/** The stages up to this one. */
export function upTo(stage: number): string[] {
  return ['--only', Array.from({ length: stage }, (_, index) => index + 1).join(',')];
}

/** How one of our own programs is started. */
export function ours(name: string, ...args: string[]): string[] {
  const built = __filename.endsWith('.js');
  const start = built
    ? [path.join(ROOT, `build/src/${name}.js`)]
    : ['-r', 'ts-node/register', path.join(ROOT, `src/${name}.ts`)];
  return [process.execPath, ...start, ...args];
}

/** What a gallery may have beside mistakes and right programs. */
interface More {
  /** The stage that has a remark, and its cause. */
  readonly remarked?: Record<string, Mistake>;
  /** Programs with a test of their own. */
  readonly elsewhere?: readonly string[];
  readonly command?: (file: string) => string[];
}

const withPython = (file: string): string[] => ['--', 'python3', file, '{port}'];

/** A test for each program in Python of a folder of the gallery, all run before the first. */
export function itChecks(
  program: string,
  folder: string,
  mistakes: Record<string, Mistake>,
  right: readonly string[],
  { remarked = {}, elsewhere = [], command = withPython }: More = {},
): void {
  const checked = new Map<string, Checked>();

  async function checkSome(names: string[]): Promise<void> {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const only = upTo((mistakes[name] ?? remarked[name])?.[0] ?? ALL_STAGES);
      const file = path.join(ROOT, GALLERY, folder, `${name}.py`);
      checked.set(name, await check(program, ...only, ...command(file)));
    }
  }

  before('the programs of the gallery', async function () {
    this.timeout(GALLERY_MS);
    if (!hasCommand('python3')) return;
    // They mostly wait.
    const names = [...Object.keys(mistakes), ...right, ...Object.keys(remarked)];
    await Promise.all(Array.from({ length: TOGETHER }, () => checkSome(names)));
  });

  for (const [name, [stage, cause]] of Object.entries(mistakes)) {
    itWith('python3', `says what is wrong with ${name}.py`, () => {
      const { code, stages } = checked.get(name) ?? NOT_CHECKED;

      const first = stages.find(({ status }) => status === 'failed');
      expect(first, JSON.stringify(stages)).to.deep.include({ number: stage });
      expect(first?.likely ?? first?.came).to.match(cause);
      expect(first?.try ?? EXAMPLE).to.match(TRY);
      expect(code).to.equal(1);
    });
  }

  for (const [name, [stage, cause]] of Object.entries(remarked)) {
    itWith('python3', `has a remark for ${name}.py`, () => {
      const { code, stages } = checked.get(name) ?? NOT_CHECKED;

      const found = stages.find(({ number }) => number === stage);
      expect(found, JSON.stringify(stages)).to.deep.include({ status: 'warned' });
      expect(found?.likely).to.match(cause);
      expect(code).to.equal(0);
    });
  }

  for (const name of right) {
    itWith('python3', `finds nothing wrong with ${name}.py`, () => {
      allPassed(checked.get(name) ?? NOT_CHECKED);
    });
  }

  it('has a mistake for each program of the gallery', () => {
    const programs = readdirSync(path.join(ROOT, GALLERY, folder))
      .filter((file) => file.endsWith('.py'))
      .map((file) => file.replace('.py', ''));

    expect(programs).to.have.members([
      ...Object.keys(mistakes),
      ...right,
      ...Object.keys(remarked),
      ...elsewhere,
    ]);
  });
}

/**
 * A test for `slow.py`, which answers right after 5 s. On a busy machine the kit waits longer than that,
 * and then the program passes.
 */
export function itChecksSlow(program: string, folder: string, stage: number): void {
  itWith('python3', 'says what is wrong with slow.py, or waits for it', async () => {
    const file = path.join(ROOT, GALLERY, folder, 'slow.py');
    const { stages } = await check(program, ...upTo(stage), ...withPython(file));

    const { number, status, likely, seconds } = stages.at(-1) ?? {};
    expect(number, JSON.stringify(stages)).to.equal(stage);
    if (status === 'passed') expect(seconds).to.be.above(5);
    else expect(likely).to.match(/your server is slow: the answer came after \d+\.\d s/);
  });
}

export function allPassed({ code, stages }: Checked): void {
  expect(stages.filter(({ status }) => status !== 'passed')).to.deep.equal([]);
  expect(stages).not.to.have.length(0);
  expect(code).to.equal(0);
}
