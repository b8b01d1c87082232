import { expect } from 'chai';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { Program, ROOT } from '../../helpers/Program';
import { allPassed, check, type Checked, freshFolder, upTo } from './checking';

const BUILT = __filename.endsWith('.js') ? 'build' : '';
const OPTIONS = ts.parseJsonConfigFileContent(
  ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) => ts.sys.readFile(file)).config,
  ts.sys,
  ROOT,
).options;

const EXERCISES: Record<string, [program: string, missing: number]> = {
  EchoServer: ['echo-server', 2],
  EchoClient: ['echo-client', 2],
  DateServer: ['date-server', 3],
  DateClient: ['date-client', 2],
  LoggingDateServer: ['logging-date-server', 3],
};

function textOf(folder: string, name: string): string {
  return readFileSync(path.join(ROOT, folder, `${name}.ts`), 'utf8');
}

function classIn(text: string): ts.ClassDeclaration {
  const source = ts.createSourceFile('x.ts', text, ts.ScriptTarget.Latest, true);
  const declared = source.statements.filter(ts.isClassDeclaration).at(-1);
  if (!declared) throw new Error('no class');
  return declared;
}

function bodyOf(member: ts.ClassElement): string | undefined {
  return ts.isMethodDeclaration(member) ? member.body?.getText() : undefined;
}

/** All of a class but what its methods do. */
function outline(text: string): string[] {
  const declared = classIn(text);
  const heads = declared.members.map((member) =>
    member
      .getText()
      .replace(bodyOf(member) ?? '', '')
      .trim(),
  );
  return [...(declared.heritageClauses ?? []).map((clause) => clause.getText()), ...heads];
}

/** A file of starter/ with the bodies that the real class has. */
function solved(name: string): string {
  if (name === 'NumberedFileLogger')
    return "export { NumberedFileLogger } from '../src/services/NumberedFileLogger';\n";
  const real = new Map(
    classIn(textOf('src', name)).members.map((member) => [member.name?.getText(), bodyOf(member)]),
  );
  return classIn(textOf('starter', name)).members.reduce(
    (text, member) =>
      text.replace(bodyOf(member) ?? '', () => real.get(member.name?.getText()) ?? ''),
    textOf('starter', name),
  );
}

/** Writes the files of the starter as JavaScript, which starts faster, into a folder of their own. */
function compiled(textFor: (name: string) => string): string {
  mkdirSync(path.join(ROOT, 'build'), { recursive: true });
  const folder = mkdtempSync(path.join(ROOT, 'build', 'starter-'));
  afterwards(() => {
    rmSync(folder, { recursive: true });
  });
  for (const name of [...Object.keys(EXERCISES), 'NumberedFileLogger']) {
    const text = textFor(name).replaceAll("'../src/", `'${path.join(ROOT, BUILT, 'src')}/`);
    const { outputText } = ts.transpileModule(text, { compilerOptions: OPTIONS });
    writeFileSync(path.join(folder, `${name}.js`), outputText);
  }
  return folder;
}

function checkIn(folder: string, name: string, ...options: string[]): Promise<Checked> {
  const [program = ''] = EXERCISES[name] ?? [];
  const file = path.join(folder, `${name}.js`);
  const more = program.endsWith('client') ? ['--wait', '1'] : [];
  if (program.startsWith('logging')) more.push('--log-dir', '{log-dir}');
  const node = [process.execPath, ...(BUILT ? [] : ['-r', 'ts-node/register'])];
  const command = [...node, file, '--port', '{port}', ...more];
  return check(program, '--cwd', ROOT, '--log-dir', freshFolder(), ...options, '--', ...command);
}

describe('starter/', function () {
  this.timeout(120_000);
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  for (const [name, [, missing]] of Object.entries(EXERCISES)) {
    it(`${name} has all that src/${name}.ts has, but what its methods do`, () => {
      expect(outline(textOf('starter', name))).to.deep.equal(outline(textOf('src', name)));
    });

    it(`${name} starts, and the kit says what is missing`, async () => {
      const folder = compiled((file) => textOf('starter', file));
      const { stages } = await checkIn(folder, name, ...upTo(missing));

      const first = stages.find(({ status }) => status !== 'passed');
      expect(first).to.include({ number: missing, status: 'failed' });
      expect(first?.printed).to.match(/not written yet/);
    });
  }

  it('the logger has what its users see of the real one', () => {
    const real = outline(textOf('src/services', 'NumberedFileLogger'));

    expect(outline(textOf('starter', 'NumberedFileLogger'))).to.deep.include.members([
      'extends RequestLogger',
      ...real.filter((head) => head.startsWith('async log(')),
    ]);
  });

  it('passes the kit when it is filled in', async () => {
    const folder = compiled(solved);
    for (const pair of [
      ['EchoServer', 'EchoClient'],
      ['DateServer', 'DateClient'],
      ['LoggingDateServer'],
    ])
      (await Promise.all(pair.map((name) => checkIn(folder, name)))).forEach(allPassed);
  });
});
