import { expect } from 'chai';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { loggedRequests } from '../helpers/logLines';
import { preloading, Program } from '../helpers/Program';
import { temporaryFolder } from '../helpers/temporaryFolder';

const DATE = /^\d{4}-\d\d-\d\dT\S+\n$/;

describe('Faults of the disk:', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('a log that can not be written: an error for the client, one line for the operator', async () => {
    const folder = await temporaryFolder();
    const fault = path.join(await temporaryFolder(), 'fault');
    const logs = path.join(folder, 'logs');
    const env = preloading('faultyDisk.cjs', { LAB_FAULT: fault });
    const args = ['--port', '0', '--quiet', '--log-dir', logs];
    const server = Program.lab('LoggingDateServer', args, { env });
    const port = await server.listening();
    const [patient] = await BareClient.many(port, 1);
    const ask = async (request: string) => {
      const [client] = await BareClient.many(port, 1);
      return String(await client?.send(`${request}\n`).end().all());
    };

    for (const [code, reason] of [
      ['ENOSPC', /the disk is full\n/],
      ['EROFS', /read-only disk\n/],
      ['EACCES', /you may not write into it\n/],
    ] as const) {
      await writeFile(fault, code);
      for (let time = 0; time < 12; time++) {
        expect(await ask('unlucky')).to.equal('ERROR request could not be logged\n');
      }
      await rm(fault);
      expect(await ask(`after ${code}`)).to.match(DATE);
      expect(server.stderr.match(new RegExp(reason, 'g'))).to.have.length(1);
      await server.printed(/\(10 times so far\)/);
    }

    await rm(logs, { recursive: true });
    expect(await ask('unlucky')).to.equal('ERROR request could not be logged\n');
    await mkdir(logs);
    expect(await ask('after all')).to.match(DATE);
    expect(await patient?.send('patience\n').line()).to.match(DATE);

    expect(loggedRequests(logs)).to.deep.equal(['after all', 'patience']);
  });
});
