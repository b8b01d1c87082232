import { expect } from 'chai';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import { readdirSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { Page, Request } from 'playwright-core';
import { itInBrowser, pagesOfOneBrowser, violationsOn, watchFor } from '../../helpers/browser';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { itOnLinux } from '../../helpers/itOnLinux';
import { killAllWith, processesWith } from '../../helpers/processes';
import { Program } from '../../helpers/Program';
import { commandOf } from '../../../tools/lab/LabProgram';
import { stepThrough } from './stepping';

/** What the server tells the page waits in `held`, once that is a list; runs before the page's scripts. */
const HOLD_NEWS = `window.EventSource = class extends EventSource {
  addEventListener(name, act) {
    super.addEventListener(name, (event) => {
      if (!window.held) return act(event);
      held.push(() => act(event));
      if (name === 'state' && JSON.parse(event.data).lesson?.isOver) document.dispatchEvent(new Event('over'));
    });
  }
}`;

/** Holds back what the server tells the page, and resolves when the lesson is over. */
const UNTIL_OVER = `new Promise((resolve) => {
  window.held = [];
  document.addEventListener('over', () => resolve(), { once: true });
})`;

/** Gives the page one piece of news after the other up to the lesson's row, and then all others at once. */
const GIVE_NEWS = `(async () => {
  const redrawn = () => new Promise((resolve) => setTimeout(resolve, 100));
  while (!document.querySelector('.pointed')) {
    held.shift()();
    await redrawn();
  }
  for (const act of held) act();
  await redrawn();
})()`;

/** What is cut, overlaps something else, or makes the page scroll to the side; runs in the page. */
const CLASHES = `(() => {
  const clashes = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) clashes.push('the page scrolls to the side');
  const shown = (selector) => [...document.querySelectorAll(selector)].filter((each) => each.checkVisibility());
  const parts = shown('header button, header select, #address, header a, header .file, h1, .panel, #notice');
  const boxes = parts.map((part) => [part.id || part.className || part.tagName, part.getBoundingClientRect()]);
  for (const [index, [name, box]] of boxes.entries()) {
    if (box.left < 0 || box.right > clientWidth + 0.5) clashes.push(name + ' is outside');
    for (const [other, there] of boxes.slice(index + 1))
      if (box.left < there.right && there.left < box.right && box.top < there.bottom && there.top < box.bottom)
        clashes.push(name + ' is over ' + other);
  }
  for (const button of shown('button, .file'))
    if (button.scrollWidth > button.clientWidth + 1) clashes.push(button.textContent + ' is cut');
  return clashes;
})()`;

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

describe('npm run live', function () {
  const mark = randomUUID();
  let live: Program;
  let port: number;
  /** `http://127.0.0.1:6080/SECRET/` */
  let url: string;
  const openPage = pagesOfOneBrowser();

  beforeEach(async () => {
    live = Program.script('tools/live/main', ['--port', '0'], {
      env: { ...process.env, TEST_MARK: mark },
    });
    [, url = ''] = await live.printed(/Open (http:\S+) in a browser/);
    port = Number(new URL(url).port);
    afterwards(() => {
      killAllWith(mark);
    });
  });
  afterEach(async () => {
    await Program.killAll();
    await cleanUp();
  });

  /** @param file below the page's address, or from the root if it begins with a slash. */
  async function ask(
    method: string,
    file: string,
    headers: http.OutgoingHttpHeaders = {},
    body: string | Buffer = '',
  ): Promise<Answer> {
    const request = http.request(new URL(file, url), { method, headers });
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let text = '';
    for await (const data of response) text += String(data);
    return { status: response.statusCode, body: text };
  }

  async function order(
    name: string,
    what: object | string,
    more: http.OutgoingHttpHeaders = {},
  ): Promise<Answer> {
    const headers = { 'content-type': 'application/json', ...more };
    return ask('POST', name, headers, typeof what === 'string' ? what : JSON.stringify(what));
  }

  it('is served to its own page only', async () => {
    expect((await ask('GET', '')).status).to.equal(200);
    for (const headers of [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      const { status, body } = await ask('GET', '', headers);
      expect(status, JSON.stringify(headers)).to.equal(403);
      expect(body).not.to.contain('given');
    }
  });

  it('gives nothing and does nothing without the secret in its address', async () => {
    const { pathname } = new URL(url);
    const json = { 'content-type': 'application/json' };
    for (const before of ['/', `/${randomUUID()}/`, pathname.slice(0, -1), `/x${pathname}`])
      for (const file of ['', 'events', 'trace.jsonl', 'js/tools/page/browser/live.js', 'nothing'])
        expect(await ask('GET', `${before}${file}`)).to.deep.equal({
          status: 403,
          body: '{"why":"the page is at the address that npm run live has printed, and only there"}',
        });
    const { status } = await ask('POST', '/start', json, '{"lab":"echo"}');

    expect(status).to.equal(403);
    expect(processesWith(mark).length).to.equal(1);
  });

  it('takes orders only as JSON, and from its own page', async () => {
    for (const headers of [
      { 'content-type': 'text/plain' },
      { 'content-type': 'application/x-www-form-urlencoded' },
      { origin: 'http://evil.example' },
    ])
      expect((await order('start', { lab: 'echo' }, headers)).status).to.equal(403);

    expect(processesWith(mark).length).to.equal(1);
  });

  it('refuses what is not on its lists', async () => {
    const refused = [
      await order('start', { lab: '../../bin/sh' }),
      await order('start', { lab: 'constructor' }),
      await order('exec', {}),
      await order('lesson', { id: 'nothing', run: 0 }),
      await order('lesson', { id: 'figure', run: 7 }),
      await order('client', { message: 'two\nlines' }),
      await order('client', { message: 'x'.repeat(1001) }),
      await order('client', { message: 7 }),
      await order('start', 'no json'),
      await order('start', `{"lab":"${'x'.repeat(5000)}"}`),
    ];
    expect(refused.map(({ status }) => status)).to.deep.equal(refused.map(() => 400));
    for (const file of [
      'js/..%2fpackage.js',
      'js/%2e%2e/x/../package.json',
      'js/live/server.js',
      'etc/passwd',
    ])
      expect((await ask('GET', file)).status, file).to.equal(404);
    expect((await ask('DELETE', '')).status).to.equal(405);
    expect(processesWith(mark).length).to.equal(1);
  });

  it('has a policy that lets nothing in from elsewhere', async () => {
    const request = http.get(url);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.resume();

    const policy = String(response.headers['content-security-policy']);
    expect(policy).to.match(/^default-src 'none'; script-src 'self' 'nonce-[\w-]+'/);
    expect(policy).not.to.match(/\*|unsafe-eval|script-src[^;]*unsafe-inline/);
    expect(response.headers['x-content-type-options']).to.equal('nosniff');
  });

  itOnLinux('/proc', 'starts at most 8 programs', async () => {
    await order('start', { lab: 'echo', mode: 'step' });
    const answers = [];
    for (let turn = 0; turn < 3; turn++)
      answers.push(await order('client', { message: 'x', count: 3 }));

    expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 400]);
    expect(answers[2]?.body).to.contain('7 programs are running, and only 1 more may');
    expect(processesWith(mark).length).to.equal(8);
  });

  itOnLinux(
    'ulimit',
    'reports what could not be started, starts none then, and goes on',
    async () => {
      const poor = new Program(
        'sh',
        ['-c', `ulimit -n 50; exec ${commandOf('tools/live/main').join(' ')} --port 0`],
        { env: { ...process.env, TEST_MARK: mark } },
      );
      [, url = ''] = await poor.printed(/Open (http:\S+) in a browser/);
      await order('start', { lab: 'echo', mode: 'step' });
      const answers: Answer[] = [];
      while (answers.length < 6 && answers.at(-1)?.status !== 400)
        answers.push(await order('client', { message: 'x', count: 3 }));

      expect(answers.at(-1)?.body).to.contain(
        'EchoClient could not be started: this process has as many files and sockets open as it may',
      );
      // Both pages, the server, and the clients of the orders before.
      const expected = 3 + 3 * (answers.length - 1);
      for (let tries = 0; processesWith(mark).length > expected && tries < 500; tries++)
        await setTimeout(10);
      expect(processesWith(mark).length).to.equal(expected);
      expect((await order('stop', {})).status).to.equal(200);
      expect(processesWith(mark).length).to.equal(2);
    },
  );

  it('takes an order whose bytes come in two, cut inside a character', async () => {
    const body = Buffer.from('{"lab":"ü"}');
    const cut = body.indexOf('ü') + 1;
    const headers = { 'content-type': 'application/json', 'content-length': body.length };
    const request = http.request(new URL('start', url), { method: 'POST', headers });
    request.setNoDelay();
    await new Promise((resolve) => request.write(body.subarray(0, cut), resolve));
    await ask('GET', 'nothing'); // the first part has been read when this is answered
    request.end(body.subarray(cut));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let said = '';
    for await (const data of response) said += String(data);

    expect(said).to.contain('there is no lab \\"ü\\"');
  });

  itOnLinux('kill -9', 'leaves no folder after kill -9 and a new start', async () => {
    await order('start', { lab: 'logging' });
    const { pid } = live.child;
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith(`lab-live-${pid}-`));
    expect(left()).to.have.length(1);
    live.child.kill('SIGKILL'); // it alone, not its group
    await once(live.child, 'exit');

    const next = Program.script('tools/live/main', ['--port', '0']);
    [, url = ''] = await next.printed(/Open (http:\S+) in a browser/);
    await order('start', { lab: 'logging' });

    expect(left()).to.deep.equal([]);
  });

  for (const mode of ['live', 'step']) {
    itOnLinux('/proc', `leaves no process when it is killed with -9 (${mode})`, async () => {
      await order('start', { lab: 'echo', mode });
      await order('client', { message: 'x' });
      expect(processesWith(mark).length).to.be.above(1);
      live.child.kill('SIGKILL'); // it alone, not its group
      await once(live.child, 'exit');

      for (let tries = 0; processesWith(mark).length > 0 && tries < 500; tries++)
        await setTimeout(10);
      expect(processesWith(mark)).to.deep.equal([]);
    });
  }

  itOnLinux('/proc', 'ends with Ctrl-C, and leaves no port open', async () => {
    await order('start', { lab: 'date' });
    live.child.kill('SIGINT');
    const { code, stderr } = await live.ended();

    expect([code, stderr]).to.deep.equal([0, '']);
    expect(processesWith(mark)).to.deep.equal([]);
    const [error] = (await once(net.connect(port, '127.0.0.1'), 'error')) as [
      NodeJS.ErrnoException,
    ];
    expect(error.code).to.equal('ECONNREFUSED');
  });

  it('reports that its port is in use', async () => {
    const { code, stderr } = await Program.script('tools/live/main', [
      '--port',
      String(port),
    ]).ended();

    expect(code).to.equal(1);
    expect(stderr).to.contain(`port ${port} is already in use: try --port 0`);
  });

  /** @param script runs before those of the page. */
  async function open(script = ''): Promise<{ page: Page; wrong: string[] }> {
    const page = await openPage({ viewport: { width: 1280, height: 800 } });
    await page.addInitScript(script);
    const isHere = (asked: string) => asked.startsWith(url) || asked.startsWith('data:');
    const wrong = watchFor(page, isHere);
    await page.goto(url);
    return { page, wrong };
  }

  const see = (page: Page, id: string, text: string | RegExp) =>
    page.locator(`#${id}`).filter({ hasText: text }).waitFor();
  const label = (page: Page, text: string) => page.locator('svg text', { hasText: text });

  itInBrowser('runs a server and a client, and draws what they do', async () => {
    const { page, wrong } = await open();
    await page.click('#server');
    await see(page, 'address', /:\d+/);
    await page.fill('#message', '<img src=x onerror=alert(1)>');
    await page.click('#client');
    await label(page, 'end of file').first().waitFor();
    await see(page, 'notice', 'EchoServer in accept()');
    await page.keyboard.press('Tab');
    await page.locator('#scroller').focus();
    await page.keyboard.press('Home');

    expect(await page.textContent('#title')).to.equal('socket()');
    expect(await page.textContent('#notice')).to.contain('the processes have not gone back');
    expect(await page.locator('img').count()).to.equal(0);
    expect(await label(page, '<img src=x').count()).to.be.above(0);
    expect(wrong).to.deep.equal([]);
  });

  itInBrowser('stays at the row of a lesson that was the newest when it ended', async () => {
    const { page } = await open(HOLD_NEWS);
    const lesson = page.locator('[data-lesson=figure]');
    await lesson.locator('summary').first().click();
    const over = page.evaluate(UNTIL_OVER);
    await lesson.locator('[data-begin]').click();
    await over;
    await page.evaluate(GIVE_NEWS);

    expect(await page.locator('.back.pointed.chosen').count()).to.equal(1);
  });

  itInBrowser('draws three clients that are really interleaved', async () => {
    const { page } = await open();
    await page.click('#server');
    await see(page, 'address', /:\d+/);
    await page.click('#three');
    await page.locator('svg .words.eof').nth(2).waitFor();

    const heads = await page.locator('.head-box.client').allTextContents();
    expect(heads.map((head) => head.slice(0, 8))).to.deep.equal([
      'Client A',
      'Client B',
      'Client C',
    ]);
    // All three have their socket, and wait before connect(), when the first is let go.
    const rows = await page.locator('.event').allTextContents();
    const first = rows.findIndex((row) => row.includes('3-way handshake'));
    const sockets = rows.slice(0, first).filter((row) => row.includes('socket()'));
    expect(sockets).to.have.length(4);
  });

  itInBrowser('plays a lesson, shows the row that it points at, and marks it as done', async () => {
    const { page, wrong } = await open();
    const lesson = (id: string) => page.locator(`[data-lesson=${id}]`);
    await lesson('figure').locator('summary').first().click();
    await lesson('figure').locator('[data-begin]').click();
    await page.locator('[data-lesson=figure].done').waitFor();
    await page.locator('.back.pointed.chosen').waitFor();
    expect(await page.textContent('#title')).to.match(/connect\(.*accept\(\) = #2/);
    expect(await violationsOn(page)).to.deep.equal([]);

    // The next one stops what runs, and what is done stays done.
    await page.reload();
    await page.locator('[data-lesson=figure].done').waitFor({ state: 'attached' });
    await lesson('killed').locator('summary').first().click();
    await lesson('killed').locator('[data-begin]').click();
    await lesson('killed').locator('.show:visible').click();
    expect(await page.textContent('#title')).to.contain('ECONNRESET');
    await page.locator('[data-lesson=killed].done').waitFor();
    expect(wrong).to.deep.equal([]);
  });

  itInBrowser('plays a lesson call by call, too, and forgets it when all is stopped', async () => {
    const { page } = await open();
    await page.selectOption('#mode', 'step');
    await page.locator('[data-lesson=no-server] summary').first().click();
    await page.locator('[data-lesson=no-server] [data-begin]').click();
    await page.locator('#step:enabled').click();
    await label(page, 'socket()').waitFor();
    expect(await page.locator('[data-lesson].done').count()).to.equal(0);
    await page.click('#server');
    await see(page, 'server', 'Start server');

    expect(await page.locator('[data-lesson].done').count()).to.equal(0);
    expect(await page.locator('.back.pointed').count()).to.equal(0);
  });

  itInBrowser('makes one call for each click when it steps', async () => {
    const { page } = await open();
    await page.selectOption('#mode', 'step');
    await page.click('#server');
    const made: string[] = [];
    for (const call of ['socket()', 'bind(:0)', 'listen()', 'accept() waits']) {
      await page.locator('#step:enabled').click();
      await label(page, call).waitFor();
      made.push(...(await page.locator('svg .label').allTextContents()).slice(made.length));
      expect(made.at(-1)).to.equal(call);
    }
    expect(made).to.have.length(4);
    await page.click('#client');
    await see(page, 'notice', /EchoClient is halted before socket\(\), SocketClient\.ts:\d+\./);
    await see(page, 'line-client', /^next: line \d+$/);
    expect(await page.textContent('.source.client .here.now code')).to.contain('new Socket()');
    await see(page, 'notice', 'is halted before');
    await page.reload();
    await label(page, 'accept() waits').waitFor();
    await page.locator('#step:enabled').click();
    await page.locator('svg .label').nth(4).waitFor();
    expect(await page.locator('svg .label').count()).to.equal(5);
  });

  itInBrowser('continues the chosen process, and keeps the focus', async () => {
    const { page } = await open();
    await page.selectOption('#mode', 'step');
    await page.click('#server');
    for (const call of ['socket()', 'bind(:0)', 'listen()', 'accept() waits']) {
      await page.locator('#step:enabled').focus();
      await page.keyboard.press('s');
      await label(page, call).waitFor();
    }
    await page.click('#client');
    await see(page, 'notice', /EchoClient is halted/);
    await page.click('#client');
    await page.locator('#who option').nth(1).waitFor({ state: 'attached' });
    const ids: unknown = await page.evaluate(
      "[...document.querySelectorAll('#who option')].map(({ value }) => value)",
    );
    const [first, second] = ids as string[];
    await page.selectOption('#who', second ?? '');
    await page.click('#step');
    await label(page, 'socket()').nth(1).waitFor();
    await see(page, 'notice', /EchoClient is halted before connect\(\), \S+\.ts:\d+\./);
    expect(await page.inputValue('#who')).to.equal(first);
    await page.locator('#step:enabled:focus').waitFor();
  });

  itInBrowser(
    'has room for the code, and a row for each call that waits, with three clients',
    async () => {
      const { page } = await open();
      await page.setViewportSize({ width: 1366, height: 768 });
      await page.selectOption('#mode', 'step');
      await page.click('#server');
      for (const call of ['socket()', 'bind(:0)', 'listen()', 'accept() waits']) {
        await page.locator('#step:enabled').click();
        await label(page, call).waitFor();
      }
      await page.click('#three');
      await page.locator('#who option').nth(2).waitFor({ state: 'attached' });
      // Only clients go on, until one waits for the server.
      const stepClient = `(() => {
        const who = document.getElementById('who');
        const client = [...who.options].find(({ text }) => text.includes('EchoClient'));
        if (!client) return;
        who.value = client.value;
        document.getElementById('step').click();
      })()`;
      while ((await label(page, 'recv() waits').count()) === 0) {
        await page.evaluate(stepClient);
        await setTimeout(50);
      }
      const lines = "[...document.querySelectorAll('.code')].map((code) => code.clientHeight / 17)";
      const shown: unknown = await page.evaluate(lines);
      for (const count of shown as number[]) expect(count).to.be.at.least(10);
      expect((await page.locator('main').boundingBox())?.y).to.be.at.most(160);
    },
  );

  itInBrowser('explains what goes wrong', async () => {
    const { page } = await open();
    await page.click('#client');
    await label(page, 'ECONNREFUSED').waitFor();
    expect(await page.textContent('#sentence')).to.match(/refused|finished with the socket/);
    await see(page, 'said', 'EchoClient');

    await page.click('#server');
    await see(page, 'address', /:\d+/);
    await page.click('#second');
    await label(page, 'listen() ✗').waitFor();
    await see(page, 'said', 'already in use');

    await page.click('#server');
    await see(page, 'server', 'Start server');
    await page.selectOption('#mode', 'step');
    await page.click('#server');
    await page.locator('#step:enabled').waitFor();
    /** Clicks on Step, as long as it can be clicked, until this is drawn. */
    const stepUntil = async (text: string) => {
      for (let tries = 0; (await label(page, text).count()) === 0 && tries < 200; tries++) {
        await page.evaluate("document.getElementById('step').click()");
        await setTimeout(50);
      }
      await label(page, text).first().waitFor();
    };
    await stepUntil('accept() waits');
    await page.click('#client');
    await stepUntil('3-way handshake');
    await page.locator('#kill:enabled').click();
    await label(page, '✗ SIGKILL').waitFor();
    await page.locator('.event', { hasText: 'SIGKILL' }).click();
    await see(page, 'sentence', 'EchoClient was killed: its system closes its sockets');
    await stepUntil('recv() = 0');
    expect(await page.textContent('#notice')).not.to.contain('EchoClient in');
  });

  itInBrowser(
    'opens a trace again that was downloaded, and says what can not be opened',
    async () => {
      const { page, wrong } = await open();
      await page.click('#server');
      await see(page, 'address', /:\d+/);
      await page.click('#client');
      await label(page, 'end of file').first().waitFor();
      const before = await stepThrough(page);
      const { body } = await ask('GET', 'trace.jsonl');
      const file = { name: 'kept.jsonl', mimeType: 'application/jsonl', buffer: Buffer.from(body) };
      await page.setInputFiles('#open', file);
      await see(page, 'notice', 'This is kept.jsonl');
      expect(await stepThrough(page)).to.deep.equal(before);

      await page.setInputFiles('#open', { ...file, buffer: Buffer.from('Hello, world') });
      await see(page, 'said', "kept.jsonl can't be opened: line 1 is not a record of a trace");
      expect(wrong).to.deep.equal([]);
    },
  );

  itInBrowser('says that older events were discarded', async () => {
    const { page } = await open();
    const line = (t: number) =>
      `{"v":1,"type":"call","id":"1.${t}","phase":"return","t":${t},"role":"client","program":"EchoClient","pid":1,"proto":"tcp","sock":${t},"call":"socket"}\n`;
    const buffer = Buffer.from(Array.from({ length: 20_001 }, (_, t) => line(t)).join(''));
    await page.setInputFiles('#open', { name: 'long.jsonl', mimeType: 'text/plain', buffer });

    await see(page, 'notice', '2001 older events were discarded.');
  });

  itInBrowser('shows a running lab at a pace to read by', async () => {
    const { page } = await open();
    await page.selectOption('#mode', 'slow');
    await page.click('#server');
    await label(page, 'accept() waits').waitFor();

    // All is drawn long before it is told.
    expect(await page.textContent('#title')).not.to.equal('accept() waits');
    expect(await page.getAttribute('#play', 'aria-pressed')).to.equal('true');
    await see(page, 'title', 'accept() waits');
    expect(await page.getAttribute('#play', 'aria-pressed')).to.equal('false');
  });

  for (const [width, height] of [
    [1280, 800],
    [1920, 1080],
    [820, 1000],
  ] as const) {
    itInBrowser(`has all its parts in view, and none over another, at ${width} px`, async () => {
      const { page } = await open();
      await page.setViewportSize({ width, height });
      for (const lab of ['udp-echo', 'logging']) {
        await page.selectOption('#lab', lab);
        await page.click('#server');
        await see(page, 'address', /:\d+/);
        await page.click('#client');
        await page.locator('.event').nth(8).waitFor();
        expect(await page.evaluate(CLASHES), lab).to.deep.equal([]);
        await page.click('#server');
        await see(page, 'server', 'Start server');
      }
    });
  }

  itInBrowser('shows what the logging server has logged', async () => {
    const { page } = await open();
    await page.selectOption('#lab', 'logging');
    await page.click('#server');
    await see(page, 'address', /:\d+/);
    await page.fill('#message', 'How late is it?');
    await page.click('#client');

    const file = page.locator('.event', { hasText: 'log0.txt' });
    await file.getByText('"How late is it?"').waitFor();
    await file.click();
    await see(page, 'sentence', /log0\.txt, .*: \S+ 127\.0\.0\.1:\d+ "How late is it\?"$/);
  });

  /** Starts the UDP echo server behind a relay with these odds, and gives the page. */
  async function openUdp(odds: Record<string, string>): Promise<Page> {
    const { page } = await open();
    await page.selectOption('#lab', 'udp-echo');
    const calm = { loss: '0', duplicate: '0', reorder: '0' };
    for (const [id, percent] of Object.entries({ ...calm, ...odds }))
      await page.fill(`#${id}`, percent);
    await page.click('#server');
    await see(page, 'notice', /relay before the server/);
    return page;
  }

  itInBrowser('runs the twins over UDP, and a click loses what waits in the relay', async () => {
    const page = await openUdp({});
    await page.click('#client');
    await page.locator('.can-lose').click();
    await label(page, 'lost "Hello').waitFor();
    await see(page, 'said', 'asking again (try 2 of 3)');
    await label(page, 'recvfrom() = 12').nth(1).waitFor();
    await label(page, 'close()').nth(1).waitFor();

    const heads = await page.locator('.head-box').allTextContents();
    expect(heads).to.have.length(3); // both tries are of one client
    expect(heads.slice(1)).to.deep.equal(['relaylossy', 'UdpEchoServerserver']);
    expect(await page.isDisabled('#lose')).to.equal(true);
  });

  itInBrowser('loses datagrams by keyboard, too', async () => {
    const page = await openUdp({});
    await page.click('#client');
    await page.locator('#lose:enabled').focus();
    await page.keyboard.press('Enter');
    await label(page, 'lost "Hello').waitFor();
  });

  itInBrowser('lets datagrams come twice, and overtake', async () => {
    const page = await openUdp({ duplicate: '100' });
    await page.click('#client');
    await label(page, '(once').first().waitFor();
    await page.click('#server');
    await see(page, 'server', 'Start server');
    await page.fill('#duplicate', '0');
    await page.fill('#reorder', '100');
    await page.fill('#message', 'x');
    await page.click('#server');
    await see(page, 'notice', /relay/);
    await page.click('#three');
    await label(page, '(has').first().waitFor();
  });

  itInBrowser('refuses odds that are none', async () => {
    const page = await openUdp({});
    await page.click('#server');
    await see(page, 'server', 'Start server');
    await page.fill('#loss', '101');
    await page.click('#server');
    await see(page, 'said', "the relay's settings are in per cent, each at most 100");
  });

  itInBrowser('is the same on two pages at the same time, and for everybody (axe)', async () => {
    const one = await open();
    const two = await open();
    await one.page.click('#server');
    await see(two.page, 'address', /:\d+/);
    await two.page.click('#client');
    await label(one.page, 'end of file').first().waitFor();
    await label(two.page, 'end of file').first().waitFor();
    for (const colorScheme of ['light', 'dark'] as const) {
      await one.page.emulateMedia({ colorScheme });
      expect(await violationsOn(one.page), colorScheme).to.deep.equal([]);
    }
    await one.page.click('#server');
    await see(two.page, 'server', 'Start server');
    await one.page.selectOption('#lab', 'udp-echo');
    expect(await violationsOn(one.page)).to.deep.equal([]);
    expect([...one.wrong, ...two.wrong]).to.deep.equal([]);
  });

  itInBrowser('says what to do while nothing has happened, and Enter runs a client', async () => {
    const { page } = await open();
    await page.locator('#empty li').nth(2).waitFor(); // the live server has told how things are
    expect(await page.locator('#empty li').allTextContents()).to.have.length(3);
    expect(await page.textContent('#empty li')).to.contain('Press “Start server”');
    expect(await page.textContent('#file-client')).to.equal('no line of the client so far');
    for (const id of ['step', 'kill', 'second']) {
      const control = page.locator(`#${id}:disabled`);
      expect(await control.getAttribute('title'), id).to.match(/\.$/);
      expect(await control.getAttribute('aria-description'), id).to.match(/\.$/);
    }
    await page.click('#server');
    await see(page, 'address', /:\d+/);
    await page.locator('#empty').waitFor({ state: 'hidden' });
    expect(await page.locator('#lab:disabled').getAttribute('title')).to.equal(
      'Stop the running programs first.',
    );
    await page.focus('#message');
    await page.keyboard.press('Enter');
    await label(page, 'end of file').first().waitFor();
    expect(await page.locator('.born').count()).to.equal(1);
    await label(page, 'accept() = #2').first().click();
    expect(await page.textContent('#sentence')).to.match(
      /accept\(\) returns a new socket, #2, for the client at port \d+; #1 still welcomes/,
    );
  });

  itInBrowser('does what it shows: the lab that is chosen, also after Stop', async () => {
    const { page } = await open();
    await page.click('#server');
    await see(page, 'address', /:\d+/);
    await page.click('#server');
    await see(page, 'server', 'Start server');
    await page.selectOption('#lab', 'date');
    await page.click('#client');
    await see(page, 'said', 'DateClient');
    await see(page, 'said', 'Press "Start server", then run the client again.');
    await page.selectOption('#lab', 'udp-echo');
    await page.fill('#loss', '100');
    await page.click('#server');
    await see(page, 'notice', /relay before the server/);
    await page.click('#client');
    await label(page, 'lost "Hello').first().waitFor();
    await page.click('#server');
    await see(page, 'server', 'Start server');
  });

  itInBrowser('says that the live server has ended, and goes on after a new start', async () => {
    const { page } = await open();
    await page.click('#server');
    await see(page, 'address', /:\d+/);
    live.child.kill('SIGINT');
    await see(page, 'gone', 'The program behind this page has ended');
    await live.ended();
    live = Program.script('tools/live/main', ['--port', String(port)], {
      env: { ...process.env, TEST_MARK: mark },
    });
    await live.printed(/Open (http:\S+) in a browser/);
    await page.locator('#gone').waitFor({ state: 'hidden' });
    await see(page, 'server', 'Start server');
    await page.click('#server');
    await see(page, 'address', /:\d+/);
  });

  itInBrowser('agrees with its programs after 200 clicks at random', async () => {
    const { page, wrong } = await open();
    const unanswered = new Set<Request>();
    page.on('request', (request) => {
      if (request.method() === 'POST') unanswered.add(request);
    });
    page.on('response', (response) => unanswered.delete(response.request()));
    page.on('requestfailed', (request) => unanswered.delete(request));
    const clicks = ['server', 'client', 'three', 'second', 'kill', 'step', 'lose'];
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed % below;
    };
    for (let count = 0; count < 200; count++) {
      const id = clicks[random(clicks.length)] ?? '';
      const choose = [
        `if (!lab.disabled) lab.selectedIndex = ${random(5)}`,
        `const pace = mode.options[${random(3)}]; if (!pace.disabled) mode.value = pace.value`,
      ][random(6)];
      await page.evaluate(
        `{ const [lab, mode] = ['lab', 'mode'].map((each) => document.getElementById(each)); ${choose ?? ''}; document.getElementById('${id}').click(); }`,
      );
      if (count % 10 === 0) await page.waitForTimeout(random(300));
    }
    // Orders are obeyed one after the other: one that still waits could start programs again.
    const server = page.locator('#server');
    const isQuiet = async () =>
      unanswered.size === 0 &&
      (await server.textContent()) === 'Start server' &&
      processesWith(mark).length === 1;
    while (!(await isQuiet())) {
      const canStop = /^Stop\b/.test((await server.textContent()) ?? '');
      if (unanswered.size === 0 && canStop && (await server.isEnabled())) await server.click();
      await page.waitForTimeout(100);
    }
    const refused = 'status of 400'; // an order that came too late: the page says why
    expect(wrong.filter((each) => !each.includes(refused))).to.deep.equal([]);
    await page.selectOption('#lab', 'echo');
    await page.selectOption('#mode', 'live');
    await server.click();
    await see(page, 'address', /:\d+/);
  });
});
