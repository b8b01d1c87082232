import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Page } from 'playwright-core';
import { parseTrace } from '../../../src/trace/record';
import { commandOf } from '../../../tools/lab/LabProgram';
import { itInBrowser, pagesOfOneBrowser, violationsOn, watchFor } from '../../helpers/browser';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { hasCommand, itWith } from '../../helpers/itOnLinux';
import { killAllWith, processesWith } from '../../helpers/processes';
import { Program, ROOT } from '../../helpers/Program';

const PROGRAMS = path.join(ROOT, 'test/tools/watch/programs');
const SERVER = 'python3 echo_server.py {port}';
const CLIENT = 'python3 echo_client.py {port}';

describe('npm run live, with a program of the student’s', function () {
  const mark = randomUUID();
  const openPage = pagesOfOneBrowser();
  let folder: string;
  let url: string;
  let live: Program;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'lab3-own-'));
    for (const file of ['echo_server.py', 'echo_client.py'])
      copyFileSync(path.join(PROGRAMS, file), path.join(folder, file));
    afterwards(() => {
      rmSync(folder, { recursive: true });
      killAllWith(mark);
    });
  });
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  async function start(...args: string[]): Promise<void> {
    live = Program.script('tools/live/main', ['--port', '0', '--cwd', folder, ...args], {
      env: { ...process.env, TEST_MARK: mark },
    });
    [, url = ''] = await live.printed(/Open (http:\S+) in a browser/);
  }

  async function open(): Promise<{ page: Page; wrong: string[] }> {
    const page = await openPage({ viewport: { width: 1280, height: 900 } });
    const wrong = watchFor(page, (asked) => asked.startsWith(url));
    await page.goto(url);
    return { page, wrong };
  }

  const label = (page: Page, text: string) => page.locator('svg .label', { hasText: text }).first();
  const see = (page: Page, id: string, text: string) =>
    page.locator(`#${id}`, { hasText: text }).waitFor();
  const order = async (name: string, what: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(new URL(name, url), {
      method: 'POST',
      headers,
      body: JSON.stringify(what),
    });
    return { status: response.status, body: await response.text() };
  };

  if (!hasCommand('python3')) return;

  itInBrowser('draws both, with their own lines and sources, and keeps them', async () => {
    await start('--server', SERVER, '--client', CLIENT);
    const { page, wrong } = await open();
    expect(await page.locator('#lab option:checked').textContent()).to.equal('Yours');
    await page.click('#server');
    await label(page, 'accept() waits').waitFor();
    await page.click('#client');
    await label(page, 'recv() = 0').waitFor();
    await see(page, 'notice', 'echo_server: watched from inside Python');

    await page.locator('#scroller').focus();
    await page.keyboard.press('Home');
    const count = await page.locator('.event').count();
    const seen: string[] = [];
    for (let step = 0; step < count; step++) {
      const lines = await page.locator('.line.here.now code').allTextContents();
      seen.push(...lines.map((line) => line.trim()));
      await page.keyboard.press('ArrowDown');
    }
    expect(seen).to.include.members([
      'welcoming.listen()',
      'connection, peer = welcoming.accept()',
      'data = connection.recv(1024)',
      'connection.sendall(data)',
    ]);
    expect(await page.textContent('#file-server')).to.equal('echo_server.py');
    expect(await page.locator('#code-server .hljs-keyword').count()).to.be.above(3);
    expect(await violationsOn(page)).to.deep.equal([]);
    expect(wrong).to.deep.equal([]);

    const kept = parseTrace(await (await fetch(new URL('trace.jsonl', url))).text());
    const texts = kept.flatMap((record) => (record.type === 'source' ? [record.text] : []));
    expect(texts).to.have.members(
      ['echo_server.py', 'echo_client.py'].map((file) =>
        readFileSync(path.join(folder, file), 'utf8'),
      ),
    );
  });

  itInBrowser('halts it before each call, and makes one at each click', async () => {
    await start('--server', SERVER);
    const { page } = await open();
    await page.selectOption('#mode', 'step');
    await page.click('#server');
    for (const [index, call] of ['socket()', 'bind(', 'listen()', 'accept() waits'].entries()) {
      await page.locator('#step:enabled').click();
      await label(page, call).waitFor();
      expect(await page.locator('svg .label').count()).to.equal(index + 1);
    }
    // Our own client meets it.
    await page.click('#client');
    await see(page, 'notice', 'is halted before');
  });

  itWith(
    'node',
    'halts TypeScript on our sockets, too, and says when it can halt nothing',
    async () => {
      const command = commandOf('src/EchoServer').join(' ');
      await start('--server', `${command} --port {port}`, '--client', 'sh -c true');
      await order('start', { lab: 'own', mode: 'step' });
      let text = '';
      for (let steps = 0; !text.includes('"listen"');) {
        if ((await order('step', {})).status === 200) steps += 1;
        text = await (await fetch(new URL('trace.jsonl', url))).text();
        const begun = text.match(/"phase":"call"/g)?.length ?? 0;
        expect(begun).to.be.at.most(steps + 1);
      }
      const events = await fetch(new URL('events', url));
      await order('client', { message: 'x', count: 1 });
      let told = '';
      for await (const data of events.body ?? []) {
        told += String(Buffer.from(data));
        if (told.includes("can't be halted")) break;
      }
      expect(told).to.match(/true: watched by strace, and can't be halted/);
    },
  );

  itInBrowser('shows a crash at the line where it happened', async () => {
    const text = readFileSync(path.join(folder, 'echo_server.py'), 'utf8');
    const crashing = text.replace('connection.sendall(data)', 'connection.sendall(reply)');
    expect(crashing).not.to.equal(text);
    writeFileSync(path.join(folder, 'echo_server.py'), crashing);
    await start('--server', SERVER);
    const { page } = await open();
    await page.click('#server');
    await label(page, 'accept() waits').waitFor();
    await page.click('#client');
    await label(page, '✗ NameError').waitFor();
    await see(page, 'said', 'echo_server ended with exit code 1.');

    await label(page, '✗ NameError').click();
    expect(await page.textContent('.source.server .here.now code')).to.contain('sendall(reply)');
    expect(await page.textContent('#sentence')).to.contain("name 'reply' is not defined");
  });

  itWith('python3', 'starts nothing but the commands of its command line', async () => {
    await start('--server', SERVER);
    const before = processesWith(mark).length;
    for (const lab of [{ server: ['touch', 'x'] }, 'own/../x', ['sh', 'own'], 'python3 -c 1'])
      await order('start', { lab, mode: 'live', server: ['sh', '-c', 'touch x'], cwd: '/' });
    await order('own', { server: ['touch', 'x'] });
    expect(processesWith(mark).length).to.equal(before);

    await order('client', { message: 'x', count: 1, client: ['touch', 'x'], command: 'touch x' });
    await order('stop', {});
    const { status } = await order('start', { lab: 'own', command: ['touch', 'x'] });
    expect(status).to.equal(200);
    expect(processesWith(mark).some((line) => line.includes('echo_server.py'))).to.equal(true);
    expect(processesWith(mark).some((line) => line.includes('touch'))).to.equal(false);
  });

  itWith('python3', 'has no "Yours" without one', async () => {
    await start();
    const { status, body } = await order('start', { lab: 'own', mode: 'live' });
    expect([status, body]).to.deep.equal([400, '{"why":"there is no lab \\"own\\""}']);
  });

  itWith(
    'python3',
    'shows only sources that are in its folder, whatever the records say',
    async () => {
      writeFileSync(
        path.join(folder, 'liar.py'),
        `import os, json, sys, time
with open(os.environ["LAB_WATCH"], "a") as records:
    for number, file in enumerate(["/etc/passwd", "../" * 9 + "etc/passwd", "liar.py"]):
        at = {"file": file, "line": 1, "col": 1, "fn": "f"}
        records.write(json.dumps({"v": 1, "type": "call", "id": str(number), "phase": "call",
            "t": number, "role": "server", "program": "liar", "pid": 1, "proto": "tcp",
            "sock": 1, "call": "listen", "at": at}) + "\\n")
time.sleep(60)
`,
      );
      await start('--server', 'python3 liar.py');
      await order('start', { lab: 'own', mode: 'live' });
      let files: string[] = [];
      while (files.length === 0) {
        const text = await (await fetch(new URL('trace.jsonl', url))).text();
        if (text === '') continue;
        const records = parseTrace(text);
        files = records.flatMap((record) => (record.type === 'source' ? [record.file] : []));
      }
      expect(files).to.deep.equal(['liar.py']);
    },
  );

  itWith('python3', 'leaves nothing of it when it ends', async () => {
    await start('--server', SERVER, '--client', CLIENT);
    await order('start', { lab: 'own', mode: 'step' });
    live.child.kill('SIGINT');
    expect((await live.ended()).code).to.equal(0);
    expect(processesWith(mark)).to.deep.equal([]);
  });

  itWith('python3', 'says immediately that there is no such command', async () => {
    const args = ['--server', 'pyton3 echo_server.py'];
    const { code, stderr } = await Program.script('tools/live/main', args).ended();
    expect([code, stderr]).to.deep.equal([2, 'there is no command "pyton3"\n']);
  });
});
