/**
 * `npm run types -- FILE...`: checks your own files before they run: the types, which ts-node does not check,
 * and missing `await`s.
 */
import * as path from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';
import tseslint from 'typescript-eslint';
import { complain, say } from '../src/cli/complain';
import { createCommand, parseOrExit } from '../src/cli/options';
import { escapeControls } from '../src/text/escape';
import { endWithReader } from './lab/endWithReader';
import { ROOT } from './lab/LabProgram';

const AWAIT = '@typescript-eslint/no-floating-promises';
const MISSING_AWAIT = 'nothing waits for this promise: an "await" is probably missing';
/** Where npm was called; npm itself goes to the lab's folder. */
const HERE = process.env['INIT_CWD'] ?? process.cwd();

interface Mistake {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

async function main(files: readonly string[]): Promise<void> {
  const paths = files.map((file) => path.resolve(HERE, file));
  const missing = paths.find((file) => !ts.sys.fileExists(file));
  if (missing !== undefined) {
    say(`types: there is no file ${shown(missing)}`);
    process.exitCode = 2;
    return;
  }
  const program = ts.createProgram(paths, options());
  const mistakes = [...wrongTypes(program), ...(await missingAwaits(program, paths))];
  for (const { file, line, text } of mistakes)
    console.log(`${shown(file)}:${line}: ${escapeControls(text)}`);
  if (mistakes.length > 0) process.exitCode = 1;
  else console.log('Nothing found: the types are right, and no await is missing.');
}

/** The lab's own rules, but for names that are not used yet; and for files in any folder. */
function options(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(path.join(ROOT, 'tsconfig.json'), (file) =>
    ts.sys.readFile(file),
  ) as { config: unknown };
  const { options: lab } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  delete lab.rootDir;
  const typeRoots = [path.join(ROOT, 'node_modules/@types')];
  return { ...lab, typeRoots, noUnusedLocals: false, noUnusedParameters: false };
}

function wrongTypes(program: ts.Program): Mistake[] {
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => ({
    file: file?.fileName ?? ROOT,
    line: file ? file.getLineAndCharacterOfPosition(start).line + 1 : 1,
    text: ts.flattenDiagnosticMessageText(messageText, '\n').replaceAll(/\s+/g, ' '),
  }));
}

async function missingAwaits(program: ts.Program, files: readonly string[]): Promise<Mistake[]> {
  const found = files.map(async (file) => {
    const eslint = new ESLint({
      cwd: path.dirname(file), // ESLint ignores what is outside of it
      overrideConfigFile: true,
      overrideConfig: {
        files: ['**/*.ts'],
        plugins: { '@typescript-eslint': tseslint.plugin },
        languageOptions: { parser: tseslint.parser, parserOptions: { programs: [program] } },
        rules: { [AWAIT]: 'error' },
      },
    });
    const results = await eslint.lintFiles([path.basename(file)]);
    return results.flatMap(({ messages }) => messages).filter(({ ruleId }) => ruleId === AWAIT);
  });
  const messages = await Promise.all(found);
  return messages.flatMap((each, index) =>
    each.map(({ line }) => ({ file: files[index] ?? '', line, text: MISSING_AWAIT })),
  );
}

function shown(file: string): string {
  const near = path.relative(HERE, file);
  return near.startsWith('..') ? file : near;
}

endWithReader();
const command = createCommand(
  'types',
  'Checks the types of your own files, and finds an "await" that is missing.',
)
  .name('npm run types --')
  .argument('<files...>', 'TypeScript files, in any folder');
main(parseOrExit(command).args).catch((error: unknown) => {
  complain('types', error);
  process.exitCode = 2;
});
