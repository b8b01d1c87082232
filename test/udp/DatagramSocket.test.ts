import { expect } from 'chai';
import { DatagramSocket } from '../../src/udp/DatagramSocket';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { freeUdpPort, openDatagramSocket } from '../helpers/datagrams';
import { itOnLinux } from '../helpers/itOnLinux';
import { rejection } from '../helpers/rejection';
import { LONGEST } from '../helpers/longestDatagram';

const HOST = '127.0.0.1';

describe('DatagramSocket', () => {
  afterEach(cleanUp);

  it('sends a datagram, and receives it with the address that it came from', async () => {
    const { socket: receiver, address } = await openDatagramSocket();
    const { socket: sender, address: from } = await openDatagramSocket();

    await sender.sendto(Buffer.from('hello'), address);

    const { data, peer } = await receiver.recvfrom();
    expect(String(data)).to.equal('hello');
    expect(peer).to.deep.equal(from);
  });

  it('gets its own port at the first sendto, without bind', async () => {
    const { socket: receiver, address } = await openDatagramSocket();
    const sender = new DatagramSocket();
    afterwards(() => sender.close());
    expect(sender.local).to.equal(undefined);

    await sender.sendto(Buffer.from('hello'), address);

    const { peer } = await receiver.recvfrom();
    expect(peer.port).to.be.above(0).and.to.equal(sender.local?.port);
  });

  it('keeps datagrams apart: one sendto is one recvfrom, also of none or any bytes', async () => {
    const { socket: receiver, address } = await openDatagramSocket();
    const { socket: sender } = await openDatagramSocket();
    const every = Buffer.from(Array.from({ length: 256 }, (_, index) => index));

    for (const data of [Buffer.from('one'), Buffer.alloc(0), every]) {
      await sender.sendto(data, address);
    }

    expect(String((await receiver.recvfrom()).data)).to.equal('one');
    expect((await receiver.recvfrom()).data).to.have.length(0);
    expect((await receiver.recvfrom()).data.equals(every)).to.equal(true);
  });

  it(`carries ${LONGEST} bytes, and refuses one more`, async () => {
    const { socket: receiver, address } = await openDatagramSocket();
    const { socket: sender } = await openDatagramSocket();

    const error = await rejection(sender.sendto(Buffer.alloc(LONGEST + 1), address));
    await sender.sendto(Buffer.alloc(LONGEST, 'x'), address);

    expect(error).to.include({ call: 'sendto', code: 'EMSGSIZE' });
    expect((await receiver.recvfrom()).data).to.have.length(LONGEST);
  });

  it('speaks IPv6 too', async () => {
    const { socket: receiver, address } = await openDatagramSocket('::1');
    const sender = new DatagramSocket();
    afterwards(() => sender.close());

    await sender.sendto(Buffer.from('six'), address);

    const { data, peer } = await receiver.recvfrom();
    expect(String(data)).to.equal('six');
    expect(peer.host).to.equal('::1');
  });

  itOnLinux('its answer about a closed port', 'hears of a closed port once connected', async () => {
    const socket = new DatagramSocket();
    afterwards(() => socket.close());
    const peer = { host: HOST, port: await freeUdpPort() };
    await socket.connect(peer);

    await socket.sendto(Buffer.from('anybody?'), peer);
    const error = await rejection(socket.recvfrom());

    expect(error).to.include({ call: 'recvfrom', code: 'ECONNREFUSED', address: peer });
  });

  it('once connected, receives only from its peer and sends only to its peer', async () => {
    const { socket: friend, address } = await openDatagramSocket();
    const { socket: stranger, address: elsewhere } = await openDatagramSocket();
    const socket = new DatagramSocket();
    afterwards(() => socket.close());
    await socket.connect(address);
    const local = socket.local ?? elsewhere;

    await stranger.sendto(Buffer.from('from the stranger'), local);
    await friend.sendto(Buffer.from('from the friend'), local);

    expect(String((await socket.recvfrom()).data)).to.equal('from the friend');
    expect(await rejection(socket.sendto(Buffer.from('?'), elsewhere))).to.include({
      code: 'EISCONN',
    });
  });

  it('keeps at most 256 unread datagrams, and counts the others', async () => {
    const { socket: receiver, address } = await openDatagramSocket();
    const { socket: sender } = await openDatagramSocket();

    for (let number = 1; number <= 400; number++) {
      await sender.sendto(Buffer.from(String(number)), address);
      await received(receiver, number); // so that the system never has to drop one
    }

    expect(receiver.dropped).to.equal(400 - 256);
    expect(String((await receiver.recvfrom()).data)).to.equal('1');
  });

  it('keeps at most 1 MiB of unread datagrams', async () => {
    const { socket: receiver, address } = await openDatagramSocket();
    const { socket: sender } = await openDatagramSocket();

    for (let number = 1; number <= 40; number++) {
      await sender.sendto(Buffer.alloc(65_000), address);
      await received(receiver, number);
    }

    expect(receiver.dropped).to.equal(40 - Math.floor(1_048_576 / 65_000));
    while (receiver.unread > 0) await receiver.recvfrom();
    await sender.sendto(Buffer.from('there is room again'), address);
    expect(String((await receiver.recvfrom()).data)).to.equal('there is room again');
    await sender.sendto(Buffer.alloc(65_000), address);
    await received(receiver, receiver.dropped + 1);
    expect(receiver.unread).to.equal(1);
  });

  it('says what was called too early, twice, or too late', async () => {
    const socket = new DatagramSocket();
    expect(await rejection(socket.recvfrom())).to.include({ call: 'recvfrom', code: 'EINVAL' });
    expect(() => {
      socket.allowBroadcast();
    }).to.throw('setsockopt() failed: call bind() first');
    await socket.bind({ host: HOST, port: 0 });
    const waiting = rejection(socket.recvfrom());

    expect(await rejection(socket.bind({ host: HOST, port: 0 }))).to.include({ code: 'EINVAL' });
    expect(await rejection(socket.recvfrom())).to.include({ code: 'EALREADY' });
    await socket.close();

    expect(await waiting).to.include({ call: 'recvfrom', code: 'EBADF' });
    const nobody = { host: HOST, port: 9 };
    for (const call of [socket.recvfrom(), socket.sendto(Buffer.of(1), nobody)]) {
      expect(await rejection(call)).to.include({ code: 'EBADF' });
    }
    for (const call of [socket.bind(nobody), socket.connect(nobody)]) {
      expect(await rejection(call)).to.include({ code: 'EBADF' });
    }
    await socket.close(); // twice is harmless
  });

  it('refuses to send a value that is not bytes, with a clear message', async () => {
    await using socket = new DatagramSocket();

    const error = await rejection(socket.sendto('text' as never, { host: HOST, port: 9 }));

    expect(error).to.include({ call: 'sendto', code: 'EINVAL' });
    expect(error).to.have.property('message').that.contains('must be bytes (a Buffer)');
  });

  it('ends what waits when it is closed meanwhile', async () => {
    const { address } = await openDatagramSocket();
    const { socket: bound } = await openDatagramSocket();
    const binding = new DatagramSocket();
    const sending = new DatagramSocket();
    const calls = [
      rejection(binding.bind({ host: 'localhost', port: 0 })),
      rejection(sending.sendto(Buffer.of(1), address)),
      rejection(bound.sendto(Buffer.of(1), { host: 'localhost', port: address.port })),
    ];

    await Promise.all([binding.close(), sending.close(), bound.close()]);

    for (const error of await Promise.all(calls)) expect(error).to.include({ code: 'EBADF' });
  });

  it('refuses ports that are none, a taken port, and a host that is not there', async () => {
    const { address } = await openDatagramSocket();
    const socket = () => new DatagramSocket();
    const data = Buffer.of(1);

    expect(await rejection(socket().bind({ host: HOST, port: 65_536 }))).to.include({
      code: 'ERANGE',
    });
    expect(await rejection(socket().sendto(data, { host: HOST, port: 0 }))).to.include({
      code: 'ERANGE',
    });
    expect(await rejection(socket().connect({ host: HOST, port: 0 }))).to.include({
      code: 'ERANGE',
    });
    expect(await rejection(socket().bind(address))).to.include({ code: 'EADDRINUSE' });
    expect(
      await rejection(socket().bind({ host: 'no.such.host.invalid', port: 0 })),
    ).to.have.property('call', 'bind');
  });

  it('may not broadcast unless that is allowed', async () => {
    const { socket } = await openDatagramSocket();
    const everybody = { host: '127.255.255.255', port: 9 };

    const error = await rejection(socket.sendto(Buffer.of(1), everybody));
    socket.allowBroadcast();
    await socket.sendto(Buffer.of(1), everybody);

    expect(error).to.include({ call: 'sendto', code: 'EACCES' });
    expect(String(error)).to.contain('must be allowed first');
  });
});

/** Waits until a receiver that does not call recvfrom has this many datagrams, kept or dropped; or is closed. */
async function received(socket: DatagramSocket, count: number): Promise<void> {
  while (socket.local && socket.unread + socket.dropped < count) await new Promise(setImmediate);
}
