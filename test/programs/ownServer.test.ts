import { expect } from 'chai';
import { BareClient } from '../helpers/BareClient';
import { cleanUp } from '../helpers/cleanUp';
import { Program } from '../helpers/Program';

describe("A server of a student's own, with neither a constructor nor a decorator", () => {
  afterEach(cleanUp);
  afterEach(() => Program.killAll());

  it('obeys --max-connections and --idle-timeout', async () => {
    const args = ['--port', '0', '--max-connections', '1', '--idle-timeout', '2'];
    const server = Program.script('test/fixtures/ShoutServer', args);
    const port = await server.listening();

    const only = await BareClient.connect(port);
    expect(String(await only.send('hello').bytes(5))).to.equal('HELLO');
    expect(String(await (await BareClient.connect(port)).all())).to.equal('');
    await server.printed(/1 connection is open, and no more are taken/);
    expect(String(await only.all())).to.equal('HELLO');
    await server.printed(/nothing came or went for 2 s/);
  });
});
