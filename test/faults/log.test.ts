import { expect } from 'chai';
import { readdirSync, writeFileSync } from 'node:fs';
import { randomInt } from 'node:crypto';
import * as path from 'node:path';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { loggedRequests } from '../helpers/logLines';
import { Program } from '../helpers/Program';
import { temporaryFolder } from '../helpers/temporaryFolder';

const KILLS = 20;
const CLIENTS = 8;

function startLogging(folder: string): Program {
  return Program.lab('LoggingDateServer', ['--port', '0', '--quiet', '--log-dir', folder]);
}

/** Asks one question after the other, until there are enough answers or the server is gone. */
async function ask(port: number, name: string, questions: number): Promise<string[]> {
  const client = await BareClient.connect(port);
  const answered: string[] = [];
  try {
    while (answered.length < questions) {
      const question = `${name} question ${answered.length}`;
      await client.send(`${question}\n`).lines(answered.length + 1);
      answered.push(question);
    }
  } catch {
    // The server was killed: the last question was not answered.
  }
  return answered;
}

describe('The log', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('of two servers on one folder has every request once, in the order of each client', async () => {
    const folder = await temporaryFolder();
    const servers = [startLogging(folder), startLogging(folder)];
    const ports = await Promise.all(servers.map((server) => server.listening()));

    const answered = await Promise.all(
      Array.from({ length: 20 }, (_, index) => ask(ports[index % 2] ?? 0, `client ${index}`, 50)),
    );

    const logged = loggedRequests(folder);
    expect(logged).to.have.length(1000);
    answered.forEach((questions, index) => {
      const own = logged.filter((request) => request.startsWith(`client ${index} `));
      expect(own).to.deep.equal(questions);
    });
  });

  it(`has every answered request once after each of ${KILLS} kill -9 under load`, async function () {
    this.timeout(300_000);
    const folder = await temporaryFolder();
    const answered: string[] = [];
    let filesBefore = 0;

    for (let run = 0; run < KILLS; run++) {
      const server = startLogging(folder);
      const port = await server.listening();
      const asking = Array.from({ length: CLIENTS }, (_, index) =>
        ask(port, `run ${run} client ${index}`, Infinity),
      );
      // At a random moment: when another client has had so many answers.
      await ask(port, `run ${run} fuse`, randomInt(1, 40)).then((some) => answered.push(...some));
      await server.kill('SIGKILL');
      answered.push(...(await Promise.all(asking)).flat());

      const logged = loggedRequests(folder);
      expect(new Set(logged).size, 'a request logged twice').to.equal(logged.length);
      const missing = new Set(answered);
      for (const request of logged) missing.delete(request);
      expect([...missing], 'answered but not logged').to.deep.equal([]);
      const files = readdirSync(folder).length;
      expect(files).to.be.greaterThan(filesBefore);
      filesBefore = files;
    }
  });

  it('goes on after the highest of 100,000 files', async () => {
    const folder = await temporaryFolder();
    for (let number = 0; number < 100_000; number++) {
      writeFileSync(path.join(folder, `log${number}.txt`), '');
    }

    const port = await startLogging(folder).listening();
    await ask(port, 'late', 1);

    expect(loggedRequests(folder)).to.deep.equal(['late question 0']);
    expect(readdirSync(folder)).to.include('log100000.txt').and.to.have.length(100_001);
  });
});
