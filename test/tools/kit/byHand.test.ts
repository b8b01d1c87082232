import { expect } from 'chai';
import { lineThatAsks, lineThatConnects } from '../../../tools/kit/byHand';
import { onlyOnIPv6 } from '../../../tools/kit/onlyOnIPv6';
import { ListeningSocket } from '../../../src/socket/ListeningSocket';
import { freePort } from '../../helpers/freePort';

const HERE = { host: '127.0.0.1', port: 65432 };

describe('What a learner can type', () => {
  it('is for nc on Linux and macOS, each with the options that its nc has', () => {
    expect(lineThatAsks('Hello\\n', HERE, 'EchoClient', 'linux')).to.equal(
      "printf 'Hello\\n' | nc -q 1 -w 2 127.0.0.1 65432",
    );
    expect(lineThatAsks('Hello', HERE, 'EchoClient', 'darwin')).to.equal(
      "printf 'Hello' | nc -w 2 127.0.0.1 65432",
    );
    expect(lineThatConnects(HERE, 'darwin')).to.equal('nc -vz 127.0.0.1 65432');
  });

  it('is for what Windows has, or our own client', () => {
    expect(lineThatAsks('What time is it?\\n', HERE, 'DateClient', 'win32')).to.equal(
      'npx ts-node src/DateClient.ts "What time is it?" --host 127.0.0.1 --port 65432',
    );
    expect(lineThatConnects(HERE, 'win32')).to.equal('Test-NetConnection 127.0.0.1 -Port 65432');
  });
});

describe('A program that listens on ::1 only', () => {
  it('is reported even if the system does not show what it listens on', async () => {
    await using server = new ListeningSocket();
    server.bind({ host: '::1', port: 0 });
    await server.listen();

    expect(await onlyOnIPv6(server.local.port)).to.match(/^your program listens on ::1 .*127/);
    expect(await onlyOnIPv6(await freePort())).to.equal(undefined);
  });

  it('is not one that listens on both', async () => {
    await using server = new ListeningSocket();
    server.bind({ host: '::', port: 0 });
    await server.listen();

    expect(await onlyOnIPv6(server.local.port)).to.equal(undefined);
  });
});
