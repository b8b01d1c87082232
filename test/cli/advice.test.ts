import { expect } from 'chai';
import { adviseClient } from '../../src/cli/advice';
import { SocketError } from '../../src/socket/SocketError';

const OF = { server: 'EchoServer', port: 65432 };

function adviceOn(code: string, host: string): string {
  const error = new SocketError('connect', code, { host, port: 65432 });
  return adviseClient('EchoClient', OF, 65432, error).join('\n');
}

describe('What a client is advised', () => {
  it('names the page on other machines only if the client connects to one', () => {
    for (const code of ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH']) {
      for (const host of ['192.168.1.20', 'server.example', '2001:db8::1'])
        expect(adviceOn(code, host), host).to.contain('docs/other-machines.md');
      for (const host of ['127.0.0.1', '127.0.0.2', '::1', 'localhost'])
        expect(adviceOn(code, host), host).not.to.contain('other-machines');
    }
  });
});
