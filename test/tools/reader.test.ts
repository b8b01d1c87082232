import { expect } from 'chai';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { Program } from '../helpers/Program';

describe('A tool whose reader has gone', function () {
  this.timeout(60_000);
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  for (const [name, file, ...args] of [
    ['npm run udp', 'tools/udp/main', 'loss', '--count', '200'],
    ['npm run trace', 'tools/trace/main', 'echo'],
    ['npm run bench', 'tools/bench/main', '--only', 'drawing', '--rounds', '1'],
    ['npm run check', 'tools/kit/main', '--help'],
    ['npm run live', 'tools/live/main', '--help'],
  ] as [name: string, file: string, ...args: string[]][]) {
    it(`ends silently, with exit code 0: ${name}`, async () => {
      const tool = Program.script(file, args);
      tool.child.stdout?.destroy();
      afterwards(() => tool.kill('SIGKILL'));
      const { code, stderr } = await tool.ended();

      expect(stderr).not.to.match(/EPIPE|^\s+at /m);
      expect(code).to.equal(0);
    });
  }
});
