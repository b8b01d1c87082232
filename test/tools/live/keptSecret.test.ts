import { expect } from 'chai';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { keptSecret } from '../../../tools/live/keptSecret';
import { cleanUp } from '../../helpers/cleanUp';
import { temporaryFolder } from '../../helpers/temporaryFolder';

describe('The secret in the page’s address', () => {
  afterEach(cleanUp);

  it('stays the same, for its owner only', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'deep/secret');
    const first = keptSecret(file);

    expect(first).to.match(/^[\da-f-]{36}$/);
    expect(keptSecret(file)).to.equal(first);
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o77).to.equal(0);
    expect(readdirSync(path.dirname(file))).to.deep.equal(['secret']);
  });

  it('is new if the stored text is not a secret, or nothing can be stored', async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, 'secret');
    writeFileSync(file, 'guess');
    expect(keptSecret(file)).not.to.equal('guess');

    const nowhere = path.join(folder, 'secret/below');
    expect(keptSecret(nowhere)).to.match(/^[\da-f-]{36}$/);
    expect(keptSecret(nowhere)).not.to.equal(keptSecret(nowhere));
  });
});
