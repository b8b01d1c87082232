import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { temporaryFolder } from '../../../tools/lab/temporaryFolder';
import { afterwards, cleanUp } from '../../helpers/cleanUp';

describe('A temporary folder of a tool', () => {
  afterEach(cleanUp);

  for (const tool of ['trace', 'live-own']) {
    it(`of a process that is gone is removed by the next (${tool})`, () => {
      const { pid } = spawnSync(process.execPath, ['--version']);
      const left = mkdtempSync(path.join(tmpdir(), `lab-${tool}-${pid}-`));
      afterwards(() => {
        rmSync(left, { recursive: true, force: true });
      });

      temporaryFolder('test');

      expect(existsSync(left)).to.equal(false);
    });
  }

  it('stays while its process runs', () => {
    const folder = temporaryFolder('test');
    temporaryFolder('test');

    expect(existsSync(folder)).to.equal(true);
  });
});
