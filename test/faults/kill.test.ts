import { expect } from 'chai';
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { cleanUp } from '../helpers/cleanUp';
import { askInTurn, startLogging } from '../helpers/logging';
import { loggedRequests } from '../helpers/logLines';
import { Program } from '../helpers/Program';
import { temporaryFolder } from '../helpers/temporaryFolder';

const KILLS = 20;
const CLIENTS = 8;

describe('The log', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it(`has every answered request once after each of ${KILLS} kill -9 under load`, async () => {
    const folder = await temporaryFolder();
    const answered: string[] = [];
    let filesBefore = 0;

    for (let run = 0; run < KILLS; run++) {
      const server = startLogging(folder);
      const port = await server.listening();
      const asking = Array.from({ length: CLIENTS }, (_, index) =>
        askInTurn(port, `run ${run} client ${index}`, Infinity),
      );
      // At a random moment: when another client has received this many answers.
      await askInTurn(port, `run ${run} fuse`, randomInt(1, 40)).then((some) =>
        answered.push(...some),
      );
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
});
