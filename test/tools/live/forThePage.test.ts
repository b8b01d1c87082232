import { expect } from 'chai';
import { forThePage } from '../../../tools/live/forThePage';

describe('What a program says, on the page', () => {
  it('has the page’s advice in the place of the terminal’s', () => {
    const said = `EchoServer: bind(127.0.0.1:5000) failed: port 5000 is already in use: another program is bound to it
Try: stop the other program first; most often it is your own earlier server
     (docs/port-in-use.md)
Or:  any free port: npx ts-node src/EchoServer.ts --port 0 and then give the client
     the port from the first line, with --port
`;
    expect(forThePage(said)).to.equal(
      `EchoServer: bind(127.0.0.1:5000) failed: port 5000 is already in use: another program is bound to it
Only one server can have a port. The second one ends, and the first goes on.
`,
    );
  });

  it('says to press the button where no server is', () => {
    const said =
      'EchoClient: connect(127.0.0.1:1) failed: connection refused: no server is listening on port 1 there\n';
    expect(forThePage(said)).to.equal(`${said}Press "Start server", then run the client again.\n`);
  });

  it('is left as it is otherwise', () => {
    expect(forThePage('Try harder, it said\n')).to.equal('Try harder, it said\n');
  });
});
