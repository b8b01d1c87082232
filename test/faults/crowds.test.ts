import { expect } from 'chai';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { nodeArguments, Program } from '../helpers/Program';
import { itOnLinux } from '../helpers/itOnLinux';

const DATE = /^\d{4}-\d\d-\d\dT\S+\n$/;

describe('Faults of some clients, which others do not notice:', () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('100 that say nothing, and 20,000 that only come and go', async () => {
    const server = Program.lab('DateServer', ['--port', '0', '--quiet']);
    const port = await server.listening();
    const silent = await BareClient.many(port, 100);

    for (let batch = 0; batch < 200; batch++) {
      const clients = await Promise.all(
        Array.from({ length: 100 }, () => BareClient.passing(port)),
      );
      for (const client of clients) client.close();
    }

    for (const client of silent) expect(await client.send('time?\n').line()).to.match(DATE);
  });

  itOnLinux(
    'its own words for ulimit',
    'more than there may be open files: said once, and served again when there is room',
    async () => {
      const args = [process.execPath, ...nodeArguments('src/DateServer'), '--port', '0', '--quiet'];
      const server = new Program('sh', ['-c', 'ulimit -n 80; exec "$0" "$@"', ...args]);
      const port = await server.listening();
      const [early] = await BareClient.many(port, 1);

      const crowd = await BareClient.many(port, 300);
      await server.printed(/connections are open, and no more are accepted\n/);
      expect(await early?.send('time?\n').line()).to.match(DATE);
      for (const client of crowd) client.close();
      const [late] = await connectUntilServed(port);

      expect(late).to.match(DATE);
      expect(server.stderr.match(/no more are accepted\n/g)).to.have.length(1);
    },
  );
});

/** Comes again until the server has seen the others leave. */
async function connectUntilServed(port: number): Promise<string[]> {
  for (;;) {
    const [client] = await BareClient.many(port, 1);
    const reply = String(
      await client
        ?.send('time?\n')
        .end()
        .all()
        .catch(() => ''),
    );
    if (reply !== '') return [reply];
  }
}
