import { expect } from 'chai';
import { DatagramSocket } from '../../../src/udp/DatagramSocket';
import { fateOf, LossyRelay, type Odds, type Passage } from '../../../tools/udp/LossyRelay';
import { UdpEchoServer } from '../../../src/udp/UdpEchoServer';
import { afterwards, cleanUp } from '../../helpers/cleanUp';
import { openDatagramSocket, startDatagramServer } from '../../helpers/datagrams';
import type { Address } from '../../../src/socket/Address';

const CALM: Odds = { loss: 0, duplicate: 0, reorder: 0, seed: 1 };

async function startRelay(
  odds: Odds,
  report?: (passage: Passage) => void,
  delay = 0,
): Promise<{ relay: LossyRelay; address: Address }> {
  const server = await startDatagramServer(new UdpEchoServer());
  const relay = new LossyRelay(server, odds, report, delay);
  afterwards(() => relay.stop());
  return { relay, address: await relay.start({ host: '127.0.0.1', port: 0 }) };
}

describe('LossyRelay', () => {
  afterEach(cleanUp);

  it('passes on what it is to pass on, both ways, and tells clients apart', async () => {
    const { address } = await startRelay(CALM);
    const { socket: one } = await openDatagramSocket();
    const { socket: other } = await openDatagramSocket();

    await one.sendto(Buffer.from('one'), address);
    await other.sendto(Buffer.from('other'), address);

    expect(String((await one.recvfrom()).data)).to.equal('one');
    const { data, peer } = await other.recvfrom();
    expect(String(data)).to.equal('other');
    expect(peer).to.deep.equal(address);
  });

  it('loses all where all are to be lost, and says so', async () => {
    const passages: Passage[] = [];
    let seen: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (seen = resolve));
    const { address } = await startRelay({ ...CALM, loss: 1 }, (passage) => {
      if (passages.push(passage) === 2) seen();
    });
    const { socket } = await openDatagramSocket();

    await socket.sendto(Buffer.from('1'), address);
    await socket.sendto(Buffer.from('2'), address);
    await both;

    expect(passages.map(({ direction, fate }) => `${direction} ${fate}`)).to.deep.equal([
      'there lost',
      'there lost',
    ]);
    expect(socket.unread).to.equal(0);
  });

  it('doubles: one there becomes two, and each of these two on the way back', async () => {
    const { address } = await startRelay({ ...CALM, duplicate: 1 });
    const { socket } = await openDatagramSocket();

    await socket.sendto(Buffer.from('hello'), address);

    for (let copy = 1; copy <= 4; copy++) {
      expect(String((await socket.recvfrom()).data)).to.equal('hello');
    }
  });

  it('lets the next one overtake one that it holds, and releases that when asked', async () => {
    const fates: string[] = [];
    const { relay, address } = await startRelay(
      { ...CALM, reorder: 1 },
      ({ direction, fate, data }) => fates.push(`${String(data)} ${direction} ${fate}`),
    );
    const { socket } = await openDatagramSocket();

    await socket.sendto(Buffer.from('1'), address);
    await socket.sendto(Buffer.from('2'), address);
    const first = await socket.recvfrom();
    await relay.release();

    // Both ways the first of two is held: 2 overtakes 1 on the way there, and 1 overtakes 2 on the way back.
    expect(String(first.data)).to.equal('1');
    expect(String((await socket.recvfrom()).data)).to.equal('2');
    expect(fates).to.deep.equal([
      '1 there held',
      '2 there passed',
      '1 there late',
      '2 back held',
      '1 back passed',
      '2 back late',
    ]);
  });

  it('loses waiting or held datagrams on request, and no others', async () => {
    const fates: string[] = [];
    let decided: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (decided = resolve));
    const { relay, address } = await startRelay(
      { ...CALM, reorder: 1 },
      ({ direction, number, fate }) => {
        fates.push(`${direction} ${number} ${fate}`);
        if (fate === 'waits' && number === 1) expect(relay.lose(direction, 2)).to.equal(false);
        if (fate === 'waits' && number === 2) expect(relay.lose(direction, 2)).to.equal(true);
        if (fate === 'held') decided();
      },
      20,
    );
    const { socket } = await openDatagramSocket();

    await socket.sendto(Buffer.from('1'), address);
    await socket.sendto(Buffer.from('2'), address);
    await held;
    // It is told before it is held.
    await new Promise(setImmediate);
    expect(relay.lose('there', 1)).to.equal(true);
    expect(relay.lose('there', 1)).to.equal(false);
    await relay.release();

    expect(fates).to.deep.equal([
      'there 1 waits',
      'there 2 waits',
      'there 2 lost',
      'there 1 held',
      'there 1 lost',
    ]);
  });

  it('has room for 256 that wait, and loses what comes then', async () => {
    let lost: (number: number) => void = () => undefined;
    const first = new Promise<number>((resolve) => (lost = resolve));
    const { address } = await startRelay(
      CALM,
      ({ number, fate }) => {
        if (fate === 'lost') lost(number);
      },
      60_000,
    );
    const { socket } = await openDatagramSocket();

    for (let number = 1; number <= 257; number++) {
      await socket.sendto(Buffer.from(`${number}`), address);
      // A buffer of the system's must not be what is full.
      if (number % 32 === 0) await new Promise(setImmediate);
    }

    expect(await first).to.equal(257);
  });

  it('goes on for new clients when more have come than it has ports for', async () => {
    const { address } = await startRelay(CALM);

    for (let client = 1; client <= 70; client++) {
      await using socket = new DatagramSocket();
      await socket.sendto(Buffer.from(`${client}`), address);
      expect(String((await socket.recvfrom()).data)).to.equal(`${client}`);
    }

    const open = process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
    expect(open).to.be.below(70); // 64 for its clients, some of others
  });

  it('decides by the seed, the number and the direction, and by nothing else', () => {
    const odds = { loss: 0.2, duplicate: 0.05, reorder: 0.1, seed: 1 };
    const fates = (seed: number, direction: 'there' | 'back') =>
      Array.from({ length: 20 }, (_, index) => fateOf({ ...odds, seed }, direction, index + 1));

    expect(fates(1, 'there')).to.deep.equal(fates(1, 'there'));
    expect(fates(1, 'there')).not.to.deep.equal(fates(2, 'there'));
    expect(fates(1, 'there')).not.to.deep.equal(fates(1, 'back'));
  });

  it('keeps to the odds', () => {
    const odds = { loss: 0.2, duplicate: 0.05, reorder: 0.1, seed: 7 };
    const counts = { passed: 0, lost: 0, doubled: 0, held: 0 };
    for (let number = 1; number <= 20_000; number++) counts[fateOf(odds, 'there', number)] += 1;

    expect(counts.lost / 20_000).to.be.closeTo(0.2, 0.01);
    expect(counts.doubled / 20_000).to.be.closeTo(0.05, 0.01);
    expect(counts.held / 20_000).to.be.closeTo(0.1, 0.01);
  });
});
