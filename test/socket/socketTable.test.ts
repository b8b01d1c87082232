import { expect } from 'chai';
import { itOnLinux } from '../helpers/itOnLinux';
import { LISTEN, readSockets, readTcpSockets, socketsIn } from '../../src/socket/socketTable';
import { ListeningSocket } from '../../src/socket/ListeningSocket';

/** As Linux writes it. */
const LIST = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:FF98 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 16507 1 0000 100 0 0 10 0
   1: 0100007F:177F 0100007F:8A8C 06 00000000:00000000 03:00001688 00000000     0        0 0 3 0000
`;

describe('The list of sockets', () => {
  it('has a row for each, without its heading', () => {
    expect(socketsIn(LIST)).to.deep.equal([
      {
        ...{ local: '0100007F:FF98', peer: '00000000:0000', port: 65432 },
        ...{ state: LISTEN, ticks: 0, inode: '16507' },
      },
      {
        ...{ local: '0100007F:177F', peer: '0100007F:8A8C', port: 6015 },
        ...{ state: '06', ticks: 5768, inode: '0' },
      },
    ]);
  });

  it('is empty when there is only its heading', () => {
    expect(socketsIn(LIST.split('\n').slice(0, 1).join('\n'))).to.deep.equal([]);
  });

  it('has only the rows of one local port, if it is asked so', () => {
    const portsOf = (list: string, port: number) => socketsIn(list, port).map((row) => row.port);

    expect(portsOf(LIST, 6015)).to.deep.equal([6015]);
    expect(portsOf(LIST.replace(':177F', ':0050'), 80)).to.deep.equal([80]);
    expect(portsOf(LIST, 0x8a8c)).to.deep.equal([]); // the peer's
  });

  for (const host of ['127.0.0.1', '::1'])
    itOnLinux('/proc', `has a server that listens on ${host}`, async () => {
      await using welcoming = new ListeningSocket();
      welcoming.bind({ host, port: 0 });
      await welcoming.listen();
      const { port } = welcoming.local;
      const isIt = (row: { port: number; state: string }) =>
        row.port === port && row.state === LISTEN;

      expect(readTcpSockets().filter(isIt)).to.have.length(1);
      expect(readSockets(host === '::1' ? 'tcp6' : 'tcp').filter(isIt)).to.have.length(1);
      expect(readSockets('udp').filter(isIt)).to.have.length(0);
    });

  it('is empty where there is none', () => {
    expect(readSockets('nothing' as 'tcp')).to.deep.equal([]);
  });
});
