import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import ts from 'typescript';
import { ROOT } from '../helpers/Program';

/** The slides, in their order. */
const TITLES = [
  'Lab 3: Client/Server Communication',
  'Socket',
  'Client/Server Communication',
  'Client/Server Communication',
  'Socket programming for Client/Server Applications',
  'Socket Programming: APIs',
  'Socket Programming: Client - Server',
  'Socket Programming: Ports',
  'Socket Programming: Simple Server',
  'Socket Programming: Simple Client',
  'Exercise 1: “What time is it?” Server',
  'Exercise 2: “What time is it?” Client',
  'Exercise 3: Logging Server',
];

/** What the slides ask, in our words. */
const QUESTIONS = [
  '1. TCP or UDP: what is different?',
  '2. What can go wrong with UDP?',
  '3. How are two connections told apart?',
  '4. What do the two echo programs do together?',
  '5. What if many clients come at once?',
];

/** The programs that the slides show with numbered lines, and how many lines these have. */
const PROGRAMS = [
  { title: 'Socket Programming: Simple Server', lines: 19 },
  { title: 'Socket Programming: Simple Client', lines: 14 },
];

/** [`Class.member`](../src/path/File.ts), or [`src/path/File.ts`](../src/path/File.ts) */
const CODE_LINK = /\[`([^`\]]+)`\]\(\.\.\/(src\/(?:[\w-]+\/)*[\w-]+\.ts)\)/g;
/** [words](#a-heading-of-this-page) */
const INNER_LINK = /\[[^\]]+\]\(#([^)]+)\)/g;
/** `npx ts-node src/File.ts` */
const COMMAND = /`npx ts-node (src\/\w+\.ts)[^`]*`/g;
/** What is left of a link, or of a path into src, once the three above are taken away. */
const NOT_UNDERSTOOD = /.*(?:\]\(|\]\[|\]:|href|<\w+:|\bsrc\b).*/gi;

interface Part {
  readonly level: number;
  readonly title: string;
  readonly text: string;
}

/** The headings of a page, each with what stands below it until the next heading. */
function partsOf(page: string): Part[] {
  return page
    .split(/^(?=#{1,6} )/m)
    .filter((part) => part.startsWith('#'))
    .map((part) => {
      const [heading = '', ...lines] = part.split('\n');
      const level = heading.indexOf(' ');
      return { level, title: heading.slice(level).trim(), text: lines.join('\n').trim() };
    });
}

/** Where GitHub lets a link to a heading point. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

function codeLinksIn(text: string): { name: string; file: string }[] {
  return [...text.matchAll(CODE_LINK)].map(([, name = '', file = '']) => ({ name, file }));
}

/** The names that a file declares: `Class`, `Class.member`, `Class.#member`, `function`, `CONSTANT`. */
function namesDeclaredIn(file: string): Set<string> {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  return new Set(source.statements.flatMap(namesOf));
}

function namesOf(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  }
  if (ts.isFunctionDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) {
    return statement.name ? [statement.name.text] : [];
  }
  if (ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)) {
    const owner = statement.name?.text ?? 'default';
    const members = [...statement.members].flatMap(memberNamesOf);
    return [owner, ...members.map((member) => `${owner}.${member}`)];
  }
  return [];
}

/** A member's name; of a constructor, the names of the members that its parameters declare. */
function memberNamesOf(member: ts.ClassElement | ts.TypeElement): string[] {
  if (ts.isConstructorDeclaration(member)) {
    return member.parameters
      .filter((parameter) => ts.isParameterPropertyDeclaration(parameter, member))
      .map(({ name }) => name.getText());
  }
  return member.name ? [member.name.getText()] : [];
}

/** What is wrong with a link into the code, if anything is. */
function faultOf({ name, file }: { name: string; file: string }): string | undefined {
  if (!existsSync(path.join(ROOT, file))) return `${name}: there is no file ${file}`;
  if (name === file || namesDeclaredIn(file).has(name)) return undefined;
  return `${name} is not declared in ${file}`;
}

describe('docs/slides.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs/slides.md'), 'utf8');
  const parts = partsOf(page);
  const slides = parts.filter(({ level, title }) => level === 2 && TITLES.includes(title));

  it('has every slide, in the order of the slides', () => {
    expect(slides.map(({ title }) => title)).to.deep.equal(TITLES);
  });

  it('leads from every slide to the code', () => {
    const withoutLinks = slides.filter(({ text }) => codeLinksIn(text).length === 0);

    expect(withoutLinks.map(({ title }) => title)).to.deep.equal([]);
  });

  it('names only files and symbols that exist', () => {
    const links = codeLinksIn(page);
    const faults = links.map(faultOf).filter((fault) => fault !== undefined);

    expect(links).not.to.be.empty;
    expect(faults).to.deep.equal([]);
  });

  it('has only commands that start a file that exists', () => {
    const files = [...page.matchAll(COMMAND)].map(([, file = '']) => file);

    expect(files.filter((file) => !existsSync(path.join(ROOT, file)))).to.deep.equal([]);
  });

  it('has only links within the page that lead to a heading', () => {
    const anchors = parts.map(({ title }) => anchorOf(title));
    const targets = [...page.matchAll(INNER_LINK)].map(([, target = '']) => target);

    expect(targets.filter((target) => !anchors.includes(target))).to.deep.equal([]);
  });

  it('has no link that these tests do not understand', () => {
    const rest = page.replaceAll(CODE_LINK, '').replaceAll(INNER_LINK, '').replaceAll(COMMAND, '');

    expect(rest.match(NOT_UNDERSTOOD) ?? []).to.deep.equal([]);
  });

  for (const { title, lines } of PROGRAMS) {
    it(`has every line of "${title}", in order`, () => {
      const text = slides.find((slide) => slide.title === title)?.text ?? '';
      const numbers = [...text.matchAll(/^\| *(\d+) *\|/gm)].map(([, number]) => Number(number));

      expect(numbers).to.deep.equal(Array.from({ length: lines }, (_, index) => index + 1));
    });
  }

  for (const question of QUESTIONS) {
    it(`answers "${question}", and shows where`, () => {
      const answer = parts.find(({ level, title }) => level === 3 && title === question);

      expect(answer, 'the question').not.to.be.undefined;
      expect(answer?.text.replaceAll(CODE_LINK, ''), 'the answer').to.match(/\w+ \w+/);
      expect(codeLinksIn(answer?.text ?? ''), 'links into the code').not.to.be.empty;
    });
  }
});
