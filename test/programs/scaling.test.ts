import { expect } from 'chai';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startNginx } from '../../tools/bench/nginx';
import { BareClient } from '../helpers/BareClient';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { freePort } from '../helpers/freePort';
import { hasCommand } from '../helpers/itOnLinux';
import { startLogging } from '../helpers/logging';
import { loggedRequests } from '../helpers/logLines';
import { Program, ROOT, runLab } from '../helpers/Program';
import { temporaryFolder } from '../helpers/temporaryFolder';

const CLIENTS = 8;
const QUESTIONS = 60;

describe('docs/scaling.md', function () {
  this.timeout(60_000);
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  if (!hasCommand('nginx')) {
    console.log('left out: the tests with nginx, for there is no nginx');
    return;
  }

  /** Two servers over TCP with one log, two over UDP, and nginx in front of them. */
  async function startAll() {
    const folder = await temporaryFolder();
    const logs = path.join(folder, 'logs');
    const udp = () => Program.lab('udp/UdpDateServer', ['--port', '0', '--quiet']);
    const tcpServers = [startLogging(logs), startLogging(logs)] as const;
    const udpServers = [udp(), udp()] as const;
    const [one, other] = tcpServers.map((server) => server.listening());
    const udpPort = async (server: Program) =>
      Number((await server.printed(/receiving on \S+:(\d+)\n/))[1]);
    const front = await freePort();
    const nginx = startNginx(path.join(ROOT, 'docs'), folder, {
      front,
      tcp: [(await one) ?? 0, (await other) ?? 0],
      udp: [await udpPort(udpServers[0]), await udpPort(udpServers[1])],
    });
    afterwards(() => nginx.kill('SIGKILL'));
    await reachable(front);
    return { front, logs, folder, tcpServers, udpServers };
  }

  it('has nginx in front of two servers: all is answered, also when one is killed', async () => {
    const { front, logs, tcpServers } = await startAll();
    const questions = Array.from(
      { length: CLIENTS * QUESTIONS },
      (_, index) => `question ${index}`,
    );
    const left = [...questions];
    let answered = 0;
    const ask = async () => {
      for (let question = left.pop(); question !== undefined; question = left.pop()) {
        while (!(await isAnswered(front, question))); // the server was killed in the middle of it
        answered += 1;
        if (answered === questions.length / 2) void tcpServers[0].kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, ask));
    const { code } = await tcpServers[0].ended();
    const logged = loggedRequests(logs);

    expect(code).to.equal(null);
    expect(answered).to.equal(questions.length);
    expect(logged).to.include.members(questions);
    // Asked again is logged again, and nothing else is.
    expect(logged.length).to.be.within(questions.length, questions.length + CLIENTS);
    // No number is missing but those that the killed server had in its hands.
    const numbers = readdirSync(logs).map((name) => Number(/^log(\d+)\.txt$/.exec(name)?.[1]));
    expect(Math.max(...numbers) + 1 - numbers.length).to.be.within(0, CLIENTS);
  });

  it('lets both servers take turns, and nginx knows the client’s address', async () => {
    const { front, logs, folder } = await startAll();
    const clients = await BareClient.many(front, 4);
    for (const client of clients) expect(await client.send('me?\n').line()).to.match(/^\d{4}-/);
    const ours = clients.map(({ address }) => address);
    for (const client of clients) await client.end().all();

    const said = readFileSync(path.join(logs, 'log0.txt'), 'utf8');
    expect(ours.some((address) => said.includes(address))).to.equal(false);
    const isKnown = (address: string) =>
      readLog(folder).some((line) => line.includes(`${address} TCP to 127.0.0.1:`));
    await until(() => ours.every(isKnown));
    expect(new Set(readLog(folder).map((line) => line.split(' to ')[1])).size).to.equal(2);
  });

  it('lets a client that has sent all still get its answers', async () => {
    const { front } = await startAll();
    const client = await BareClient.connect(front);

    expect(String(await client.send('one\ntwo\nthree').end().all()).split('\n')).to.have.length(4);
  });

  it('does the same for UDP', async () => {
    const { front, udpServers } = await startAll();
    const ask = () => runLab('udp/UdpDateClient', ['--port', `${front}`, '--tries', '5']);
    const outcomes = [await ask()];
    await udpServers[0].kill('SIGKILL');
    for (let asked = 0; asked < 5; asked++) outcomes.push(await ask());
    const failed = outcomes.filter(({ code }) => code !== 0);

    for (const { code, stdout } of outcomes)
      if (code === 0) expect(stdout).to.match(/^\d{4}-\d\d-\d\dT/);
    // nginx gives an empty datagram to the one who finds out; then it leaves the dead server alone.
    expect(failed.length).to.be.at.most(1);
    for (const { stderr } of failed) expect(stderr).to.contain('answered what is not a date');
  });
});

async function isAnswered(port: number, question: string): Promise<boolean> {
  const client = await BareClient.passing(port);
  try {
    return /^\d{4}-/.test(await client.send(`${question}\n`).line());
  } catch {
    return false;
  } finally {
    client.close();
  }
}

function readLog(folder: string): string[] {
  return readFileSync(path.join(folder, 'access.log'), 'utf8').trimEnd().split('\n');
}

async function reachable(port: number): Promise<void> {
  let error: unknown;
  for (let tries = 0; tries < 200; tries++) {
    try {
      (await BareClient.passing(port)).close();
      return;
    } catch (failed) {
      error = failed;
      await setTimeout(20);
    }
  }
  throw error;
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo() && tries < 200; tries++) await setTimeout(20);
  expect(isSo()).to.equal(true);
}
