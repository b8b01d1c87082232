import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { ROOT } from '../lab/LabProgram';
import { LESSONS } from '../lessons/lessons';
import { keepRun } from '../live/keepRun';
import { read } from '../page/html';
import { indexHtml } from './indexPage';
import { writeLesson, writeModules } from './lessonPages';
import { render } from './markdown';
import { NO_ICON, Site } from './Site';
import { slidesPage } from './slidesPage';

/** Marks a folder that this program wrote, and may overwrite. */
const MARK = '.lab3-site';
const SOURCES = ['src', 'steps', 'examples'];

/** Why a site can't be written. */
export class SiteError extends Error {
  override readonly name = 'SiteError';
}

/**
 * Writes the site into a folder: the lessons with runs of now, the pages of docs/, and the API.
 * @param say gets a line for each thing that begins.
 * @throws SiteError when the folder has files of somebody else's, or the API can't be documented.
 */
export async function buildSite(folder: string, say: (what: string) => void): Promise<void> {
  makeEmpty(folder);
  const site = new Site(folder);
  writeModules(site);
  for (const lesson of LESSONS)
    for (const [run, chosen] of lesson.runs.entries()) {
      say(`${lesson.title}: ${chosen.label}`);
      writeLesson(site, LESSONS, { lesson, run }, await keepRun(chosen));
    }
  say('pages');
  site.writeText('index.html', 'Lab 3: Client/Server Communication', indexHtml(LESSONS));
  for (const file of textFiles()) writePage(site, file);
  site.write('assets/live.png', readFileSync(path.join(ROOT, 'docs/live.png')));
  say('API');
  writeApi(folder);
  adaptApi(site);
  for (const file of SOURCES.flatMap(filesIn)) site.pageOf(file);
  site.writeSources(filesIn);
}

function makeEmpty(folder: string): void {
  const isThere = existsSync(folder) && readdirSync(folder).length > 0;
  if (isThere && !existsSync(path.join(folder, MARK)))
    throw new SiteError(`${folder} contains files that are not from a site: choose another folder`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, MARK), '');
}

function textFiles(): string[] {
  const docs = readdirSync(path.join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => `docs/${name}`)];
}

function writePage(site: Site, file: string): void {
  const page = site.pageOf(file);
  const linkTo = site.linkFrom(page, file);
  const markdown = read(file);
  const rendered =
    file === 'docs/slides.md' ? slidesPage(markdown, linkTo) : render(markdown, linkTo);
  site.writeText(page, rendered.title, rendered.html);
}

function writeApi(folder: string): void {
  const typedoc = path.join(ROOT, 'node_modules/typedoc/bin/typedoc');
  const links = '../../source/src/{path}.html#L{line}';
  const env = { ...process.env, NODE_V8_COVERAGE: '' }; // measuring would double its time
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...[typedoc, '--out', path.resolve(folder, 'api'), '--name', 'Lab 3'],
      ...['--sourceLinkTemplate', links, '--customCss', path.join(ROOT, 'tools/site/api.css')],
    ],
    { cwd: ROOT, env, encoding: 'utf8' },
  );
  if (status !== 0) throw new SiteError(`the API can't be documented:\n${stdout}${stderr}`);
}

/**
 * Adds the menu of the site, leaves out links into packages, and takes icons from the page itself: from a disk
 * no browser loads them.
 */
function adaptApi(site: Site): void {
  const folder = path.join(site.folder, 'api');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/\.html$|main\.js$/.test(name)) continue;
    const file = path.join(folder, name);
    const menu = site.menu(`api/${name.replaceAll(path.sep, '/')}`);
    const text = readFileSync(file, 'utf8')
      .replace('<head>', `<head>${NO_ICON}`)
      .replaceAll(/<a href="[^"]*node_modules[^"]*">(.*?)<\/a>/g, '$1')
      .replaceAll(/(?:\.\.\/|\$\{[^}]*\})?assets\/icons\.svg#/g, '#')
      .replace(/(?<=<a href="[./]*index\.html" class="title">)(.*?)<\/a>/, `$1</a>${menu}`);
    writeFileSync(file, text);
  }
}

/** The sources in a folder of the project, and below. */
function filesIn(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll(path.sep, '/')}`)
    .sort();
}
