/**
 * `npm run listings`: brings the README and the pages in docs/ up to date with the code: the line
 * that each link leads to, the listings, and the picture of a run. A test fails while they are not.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import ts from 'typescript';
import type { TraceRecord } from '../src/trace/record';
import { pictureOf } from './trace/picture';
import { ourPair, runLab } from './trace/runLab';

const README = 'README.md';
const PAGES = ['docs/slides.md', 'docs/your-own.md', 'docs/steps.md'];

/** [`label`]: ../src/path/File.ts#L1 */
const LINK = /^\[`([^`]+)`\]: \.\.\/(\S+?\.ts)(?:#L\d+)?$/gm;
/** <!-- Class.member from src/path/File.ts --> and the block of code below it */
const LISTING = /^<!-- (\S+) from (\S+) -->\n\n```ts\n.*?```$/gms;
/** The same with a whole file: <!-- src/path/File.ts --> */
const WHOLE = /^<!-- (\S+\.ts) -->\n\n```ts\n.*?```$/gms;

/** <!-- npm run trace -- echo --> and the picture below it */
const PICTURE = /(?<=^<!-- npm run trace -- echo -->\n\n```\n).*?(?=```$)/ms;
const LOOK = { columns: 80, isAscii: false, hasColor: false };
/** Instead of the system's, which are different each time. */
const PORTS = { client: 44280, server: 45309 };

/** The page with the picture of a run of now. */
export async function withPicture(page: string): Promise<string> {
  const { records } = await runLab(ourPair('echo'));
  return page.replace(PICTURE, () => pictureOf(withFixedPorts(records), LOOK));
}

function withFixedPorts(records: readonly TraceRecord[]): TraceRecord[] {
  const client = records.find(
    (record) => record.type === 'call' && record.call === 'accept' && record.phase === 'return',
  );
  const { peer = '', local = '' } = client?.type === 'call' ? client : {};
  const [host] = local.split(':');
  const text = JSON.stringify(records)
    .replaceAll(`"${peer}"`, `"${host}:${PORTS.client}"`)
    .replaceAll(`"${local}"`, `"${host}:${PORTS.server}"`);
  return JSON.parse(text) as TraceRecord[];
}

/** The page as it should be. Throws if it names something that is not there. */
export function upToDate(page: string): string {
  return page
    .replace(LINK, (_, label: string, file: string) => {
      return `[\`${label}\`]: ../${file}#L${lineNumberOf(label, file)}`;
    })
    .replace(LISTING, (_, name: string, file: string) => {
      return `<!-- ${name} from ${file} -->\n\n\`\`\`ts\n${listingOf(name, file)}\n\`\`\``;
    })
    .replace(WHOLE, (_, file: string) => {
      return `<!-- ${file} -->\n\n\`\`\`ts\n${readFileSync(file, 'utf8')}\`\`\``;
    });
}

/** The line of a declaration, of a file itself, or of code that occurs just once in the file. */
function lineNumberOf(label: string, file: string): number {
  if (label === file) return 1;
  const source = parse(file);
  const declared = declarationsIn(source).get(label);
  if (declared) return 1 + source.getLineAndCharacterOfPosition(nameIn(declared).getStart()).line;
  const lines = source.text.split('\n').map((line, index) => ({ line, number: index + 1 }));
  const [found, ...others] = lines.filter(({ line }) => line.includes(label));
  if (!found || others.length > 0) throw new Error(`not once in ${file}: ${label}`);
  return found.number;
}

/** The name of a member, which may have a decorator above it. */
function nameIn(declared: ts.Node): ts.Node {
  return ts.isClassElement(declared) ? (declared.name ?? declared) : declared;
}

/** A declaration without its comment, as far to the left as it goes. */
function listingOf(name: string, file: string): string {
  const source = parse(file);
  const declared = declarationsIn(source).get(name);
  if (!declared) throw new Error(`not in ${file}: ${name}`);
  const indent = ' '.repeat(source.getLineAndCharacterOfPosition(declared.getStart()).character);
  return declared.getText().replaceAll(`\n${indent}`, '\n');
}

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
}

/** `Class`, `Class.member`, `Class.#member`, `function`, `CONSTANT`. */
function declarationsIn(source: ts.SourceFile): Map<string, ts.Node> {
  return new Map(source.statements.flatMap(declarationsOf));
}

function declarationsOf(statement: ts.Statement): [name: string, node: ts.Node][] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map((node) => [node.name.getText(), node]);
  }
  if (ts.isFunctionDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
    return statement.name ? [[statement.name.text, statement]] : [];
  }
  if (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
    const owner = statement.name?.text ?? 'default';
    const members = [...statement.members].filter(({ name }) => name);
    return [
      [owner, statement.name ?? statement], // not its decorator
      ...members.map((node): [string, ts.Node] => [`${owner}.${node.name?.getText()}`, node]),
    ];
  }
  return [];
}

async function main(): Promise<void> {
  for (const page of PAGES) writeFileSync(page, upToDate(readFileSync(page, 'utf8')));
  writeFileSync(README, await withPicture(readFileSync(README, 'utf8')));
}

if (require.main === module) void main();
