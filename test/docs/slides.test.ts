import { expect } from 'chai';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { upToDate } from '../../tools/listings';
import { anchorOf } from '../../tools/site/markdown';
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
  '5. What if many clients come at the same time?',
];

/** The programs that the slides show with numbered lines, and which of these are not blank. */
const PROGRAMS = [
  {
    title: 'Socket Programming: Simple Server',
    lines: [1, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18],
  },
  { title: 'Socket Programming: Simple Client', lines: [1, 3, 5, 6, 8, 9, 10, 11, 13] },
];

/** Columns of a terminal that a row of a table may take. */
const WIDEST = 105;

/** [`a name, or code`], which the end of the page leads to a line of a file */
const LINK = /\[`([^`\]]+)`\](?!: \.\.)/g;
/** [`a name, or code`]: ../src/path/File.ts#L1 */
const TARGET = /^\[`([^`]+)`\]: \.\.\/(?:src|tools)\/\S+\.ts#L\d+$/gm;
/** [question 1]: #a-heading-of-this-page */
const INNER_LINK = /^\[question \d\]: #(\S+)$/gm;
/** [How, in the README]: ../README.md#a-heading-there */
const README_LINK = /^\[([^`\]]+)\]: \.\.\/README\.md#(\S+)$/gm;
/** `npx ts-node src/File.ts` */
const COMMAND = /`npx ts-node (src\/[\w/]+\.ts)[^`]*`/g;
/** Where a listing comes from. */
const LISTING = /^<!-- \S+ from src\/\S+ -->$/gm;
/** A text that is not ours, and where it stands. */
const SOURCE = /^\[([^\]`]+)\]: https:\/\/\S+$/gm;
/** What it is there for. */
const SOURCE_OF = /^- \[.*$/gm;
/** What is left of a link, or of a path into src, once those above are taken away. */
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

function linksIn(text: string): string[] {
  return [...text.matchAll(LINK)].map(([, label = '']) => label);
}

describe('docs/slides.md', () => {
  const page = readFileSync(path.join(ROOT, 'docs/slides.md'), 'utf8');
  const parts = partsOf(page);
  const slides = parts.filter(({ level, title }) => level === 2 && TITLES.includes(title));

  it('has every slide, in the order of the slides', () => {
    expect(slides.map(({ title }) => title)).to.deep.equal(TITLES);
  });

  it('leads from every slide to the code', () => {
    const withoutLinks = slides.filter(({ text }) => linksIn(text).length === 0);

    expect(withoutLinks.map(({ title }) => title)).to.deep.equal([]);
  });

  it('leads to the lines where things are, and lists them as they are (npm run listings)', () => {
    expect(page).to.equal(upToDate(page));
  });

  it('has a target for each link, and none that is not used', () => {
    const targets = [...page.matchAll(TARGET)].map(([, label = '']) => label);

    expect(targets).not.to.be.empty;
    expect([...new Set(linksIn(page))]).to.have.members(targets);
  });

  it('shows the life line of a server and the echo loop as they are in the files', () => {
    const listings = page.match(LISTING);

    expect(listings).to.deep.equal([
      '<!-- SocketServer.start from src/socket/SocketServer.ts -->',
      '<!-- SocketServer.#acceptClients from src/socket/SocketServer.ts -->',
      '<!-- EchoServer.converse from src/EchoServer.ts -->',
      '<!-- EchoServer.converse from src/EchoServer.ts -->',
      '<!-- UdpEchoServer.answer from src/udp/UdpEchoServer.ts -->',
    ]);
  });

  it('can be read in a terminal', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('|'));

    expect(rows.filter((row) => row.length > WIDEST)).to.deep.equal([]);
    expect(page).not.to.match(/\bblank\b/i);
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

  it('has the five services of the slide "Ports", and where their names stand', () => {
    const { text = '' } = slides.find(({ title }) => title.endsWith('Ports')) ?? {};

    for (const service of [
      'ftp 21/tcp',
      'telnet 23/tcp',
      'finger 79/tcp',
      'snmp 161/udp',
      'smtp 25',
    ])
      expect(text).to.contain(`| ${service} `);
    expect(text).to.contain('/etc/services');
  });

  it('leads to headings of the README that are there', () => {
    const anchors = partsOf(readFileSync(path.join(ROOT, 'README.md'), 'utf8')).map(({ title }) =>
      anchorOf(title),
    );
    const links = [...page.matchAll(README_LINK)];

    expect(links).not.to.be.empty;
    for (const [, label = '', target = ''] of links) {
      expect(anchors).to.include(target);
      expect(page.split(`[${label}]`), label).to.have.length.above(2);
    }
  });

  it('explains what is in the five files but on no slide', () => {
    const files = ['EchoServer', 'EchoClient', 'DateServer', 'DateClient', 'LoggingDateServer'];
    const text = files
      .map((file) => readFileSync(path.join(ROOT, `src/${file}.ts`), 'utf8'))
      .join();
    const [head = ''] = page.split('\n## ');

    for (const word of ['await', 'override', '@injectable()', 'void', 'require.main'])
      expect([text.includes(word), head.includes(word)], word).to.deep.equal([true, true]);
    for (const word of ['@call', '#x', 'await using']) expect(head).to.contain(word);
  });

  it('has links that lead to no line with nothing but a decorator', () => {
    const lines = Array.from(page.matchAll(TARGET), ([target]) => {
      const [, file = '', line = ''] = /: \.\.\/(\S+)#L(\d+)$/.exec(target) ?? [];
      return (
        readFileSync(path.join(ROOT, file), 'utf8').split('\n')[Number(line) - 1]?.trim() ?? ''
      );
    });

    expect(lines.filter((line) => line === '' || /^@\w+(?:\(\))?$/.test(line))).to.deep.equal([]);
  });

  it('uses each of its sources, and names each of those it uses', () => {
    const [text = '', sources = ''] = page.split('## Sources');
    const labels = [...sources.matchAll(SOURCE)].map(([, label = '']) => label);

    expect(labels).to.have.length.above(5);
    for (const label of labels) {
      expect(text, label).to.contain(`[${label}]`);
      expect(sources.split(`[${label}]`), label).to.have.length(3);
    }
    for (const [, label = ''] of text.matchAll(/\[(RFC \d+|\w+\(\d\))\]/g))
      expect(labels).to.include(label);
  });

  it('has no link that these tests do not understand', () => {
    const rest = [
      SOURCE,
      SOURCE_OF,
      TARGET,
      LINK,
      INNER_LINK,
      README_LINK,
      COMMAND,
      LISTING,
    ].reduce((text, known) => text.replaceAll(known, ''), page);

    expect(rest.match(NOT_UNDERSTOOD) ?? []).to.deep.equal([]);
  });

  for (const { title, lines } of PROGRAMS) {
    it(`has every line of "${title}" that is not empty, in order`, () => {
      const text = slides.find((slide) => slide.title === title)?.text ?? '';
      const numbers = [...text.matchAll(/^\| *(\d+) *\|/gm)].map(([, number]) => Number(number));

      expect(numbers).to.deep.equal(lines);
    });
  }

  for (const question of QUESTIONS) {
    it(`answers "${question}", and shows where`, () => {
      const answer = parts.find(({ level, title }) => level === 3 && title === question);

      expect(answer, 'the question').not.to.be.undefined;
      expect(answer?.text.replaceAll(LINK, ''), 'the answer').to.match(/\w+ \w+/);
      expect(linksIn(answer?.text ?? ''), 'links into the code').not.to.be.empty;
    });
  }
});
