import { expect } from 'chai';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { nodeArguments, Program } from '../helpers/Program';
import { itOnLinux } from '../helpers/itOnLinux';

const CTRL_S = '\u0013';
const CTRL_Q = '\u0011';

function shell(command: string): Program {
  const node = [process.execPath, ...nodeArguments('src/DateClient')].join(' ');
  return new Program('sh', ['-c', command.replace('DateClient', node)]);
}

describe('What the programs print', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  itOnLinux(
    '/dev/full',
    'is not lost in silence: a client whose output can not be written fails',
    async () => {
      const port = await Program.lab('DateServer', ['--port', '0']).listening();

      const { code, stderr } = await shell(`DateClient --port ${port} > /dev/full`).ended();

      expect(stderr).to.equal('The output could not be written: the disk is full\n');
      expect(code).to.equal(1);
    },
  );

  it('may be unwanted: a client whose reader went away does not fail', async () => {
    const port = await Program.lab('DateServer', ['--port', '0']).listening();

    const { stdout, stderr } = await shell(
      `{ DateClient --port ${port}; echo $? >&2; } | true`,
    ).ended();

    expect({ stdout, stderr }).to.deep.equal({ stdout: '', stderr: '0\n' });
  });

  itOnLinux(
    '/proc and its own kind of script',
    'holds up neither clients nor SIGTERM in a terminal that is stopped with Ctrl-S',
    async () => {
      const args = [process.execPath, ...nodeArguments('src/DateServer'), '--port', '0'];
      const terminal = new Program('script', ['-qfec', args.join(' '), '/dev/null'], {
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      const [, port] = await terminal.printed(/listening on \S+:(\d+)\r\n/);
      const [, pid] = await terminal.printed(/kill (\d+)\r\n/);
      let asked = 0;
      const shown = () => terminal.stdout.split('Connected by').length - 1;
      /** Asks until the terminal shows no more of it: it is stopped. */
      const askUntilStopped = async () => {
        while (asked - shown() < 20) {
          asked += 1;
          expect(await (await BareClient.connect(Number(port))).send('me?\n').line()).to.match(
            /^2/,
          );
        }
      };

      terminal.child.stdin?.write(CTRL_S);
      await askUntilStopped();
      terminal.child.stdin?.write(CTRL_Q);
      await terminal.printed(new RegExp(`(Connected by \\S+\\s+){${asked}}`));
      terminal.child.stdin?.write(CTRL_S);
      await askUntilStopped();
      process.kill(Number(pid), 'SIGTERM');

      expect((await terminal.ended()).code).to.equal(0);
    },
  );
});
