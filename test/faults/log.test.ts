import { expect } from 'chai';
import { readdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { cleanUp } from '../helpers/cleanUp';
import { askInTurn, startLogging } from '../helpers/logging';
import { loggedRequests } from '../helpers/logLines';
import { Program } from '../helpers/Program';
import { temporaryFolder } from '../helpers/temporaryFolder';

describe('The log', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('of two servers on one folder has every request once, in the order of each client', async () => {
    const folder = await temporaryFolder();
    const servers = [startLogging(folder), startLogging(folder)];
    const ports = await Promise.all(servers.map((server) => server.listening()));

    const answered = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        askInTurn(ports[index % 2] ?? 0, `client ${index}`, 50),
      ),
    );

    const logged = loggedRequests(folder);
    expect(logged).to.have.length(1000);
    answered.forEach((questions, index) => {
      const own = logged.filter((request) => request.startsWith(`client ${index} `));
      expect(own).to.deep.equal(questions);
    });
  });

  it('goes on after the highest of 20,000 files', async () => {
    const folder = await temporaryFolder();
    for (let number = 0; number < 20_000; number++) {
      writeFileSync(path.join(folder, `log${number}.txt`), '');
    }

    const port = await startLogging(folder).listening();
    await askInTurn(port, 'late', 1);

    expect(loggedRequests(folder)).to.deep.equal(['late question 0']);
    expect(readdirSync(folder)).to.include('log20000.txt').and.to.have.length(20_001);
  });
});
