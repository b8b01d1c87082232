import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { withPicture } from '../../tools/listings';
import { ROOT } from '../helpers/Program';

describe('README.md', function () {
  this.timeout(60_000);

  it('shows what npm run trace -- echo draws (npm run listings)', async () => {
    const page = readFileSync(path.join(ROOT, 'README.md'), 'utf8');

    expect(page).to.match(/EchoClient\S*:\d+ sendall\(12 B\)/);
    expect(await withPicture(page)).to.equal(page);
  });
});
