import { expect } from 'chai';
import { inKebabCase, startOf, startOfTool, toolName } from '../../src/text/startedAs';

describe('How a program is started', () => {
  const before = process.env['LAB_STARTED_AS'];
  afterEach(() => {
    if (before === undefined) delete process.env['LAB_STARTED_AS'];
    else process.env['LAB_STARTED_AS'] = before;
  });

  it('is said with ts-node and npm in a clone', () => {
    delete process.env['LAB_STARTED_AS'];

    expect(startOf('EchoServer')).to.equal('npx ts-node src/EchoServer.ts');
    expect(startOf('Step1', 'steps')).to.equal('npx ts-node steps/Step1.ts');
    expect(startOfTool('check')).to.equal('npm run check --');
    expect(toolName('check')).to.equal('npm run check');
  });

  it('is said with lab3 by that command, for what it can start', () => {
    process.env['LAB_STARTED_AS'] = 'lab3';

    expect(startOf('LoggingDateServer')).to.equal('lab3 logging-date-server');
    expect(startOf('UdpEchoServer', 'src/udp')).to.equal('lab3 udp-echo-server');
    expect(startOf('Step1', 'steps')).to.equal('npx ts-node steps/Step1.ts');
    expect(startOf('Step1', 'my/src')).to.equal('npx ts-node my/src/Step1.ts');
    expect(startOfTool('check')).to.equal('lab3 check');
    expect(toolName('check')).to.equal('lab3 check');
  });

  it('has names in small letters, with a dash before each later word', () => {
    expect(inKebabCase('LoggingDateServer')).to.equal('logging-date-server');
    expect(inKebabCase('echo')).to.equal('echo');
  });
});
