import { expect } from 'chai';
import { socketsIn } from '../../src/socket/socketTable';
import { secondsInTimeWait } from '../../src/socket/timeWait';

/** As Linux writes it; 0x1F90 is port 8080. */
function list(...rows: string[]): string {
  const heading = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when ...';
  return `${[heading, ...rows].join('\n')}\n`;
}

const LISTENS =
  '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1 0000000000000000 100 0 0 10 0';
const CONNECTED =
  '   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 02:000003F2 00000000  1000        0 4243 2 0000000000000000 20 4 30 10 -1';
const waiting = (ticks: string) =>
  `  12: 0100007F:1F90 0100007F:C351 06 00000000:00000000 03:${ticks} 00000000     0        0 0 3 0000000000000000`;

const secondsLeft = (...rows: string[]) => secondsInTimeWait(8080, socketsIn(list(...rows)));

describe('secondsInTimeWait', () => {
  it('says how long the longest of the closed connections holds the port', () => {
    expect(secondsLeft(waiting('000003E8'), waiting('00001770'), waiting('00000064'))).to.equal(60);
  });

  it('gives whole seconds, and one for a connection that is overdue', () => {
    expect(secondsLeft(waiting('00000065'))).to.equal(2);
    expect(secondsLeft(waiting('00000000'))).to.equal(1);
  });

  it('counts none while a program listens, and no other ports or states', () => {
    expect(secondsLeft(waiting('00001770'), LISTENS)).to.equal(0);
    expect(secondsLeft(CONNECTED)).to.equal(0);
    expect(secondsInTimeWait(8081, socketsIn(list(waiting('00001770'))))).to.equal(0);
    expect(secondsLeft()).to.equal(0);
  });
});

describe('socketsIn', () => {
  it('reads what one row says', () => {
    expect(socketsIn(list(LISTENS, CONNECTED))).to.deep.equal([
      {
        local: '0100007F:1F90',
        peer: '00000000:0000',
        port: 8080,
        state: '0A',
        ticks: 0,
        inode: '4242',
      },
      {
        local: '0100007F:1F90',
        peer: '0100007F:C350',
        port: 8080,
        state: '01',
        ticks: 0x3f2,
        inode: '4243',
      },
    ]);
  });
});
