import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { preloading, Program } from '../helpers/Program';
import { temporaryFolder } from '../helpers/temporaryFolder';

const NOT_LOGGED = 'ERROR request could not be logged\n';

describe('Faults of the disk:', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('one that does not answer: an error for the client, and the server still stops', async () => {
    const folder = await temporaryFolder();
    const [fault, pipe] = [path.join(folder, 'fault'), path.join(folder, 'pipe')];
    execFileSync('mkfifo', [pipe]);
    const env = preloading('faultyDisk.cjs', { LAB_FAULT: fault, LAB_PIPE: pipe });
    const args = ['--port', '0', '--quiet', '--log-dir', path.join(folder, 'logs')];
    const server = Program.lab('LoggingDateServer', args, { env });
    const port = await server.listening();
    const [before, after] = [await BareClient.connect(port), await BareClient.connect(port)];
    expect(await before.send('stored\n').line()).to.match(/^\d{4}-/);

    await writeFile(fault, 'HANG');

    expect(String(await before.send('hangs\n').all())).to.match(/^\d{4}-.*\nERROR request could/);
    await server.printed(/log folder .*: the disk does not answer/);
    expect(String(await after.send('does not even try\n').all())).to.equal(NOT_LOGGED);

    server.child.kill('SIGTERM');

    expect((await server.ended()).signal).to.equal('SIGKILL'); // Node itself would wait for the disk
  });
});
