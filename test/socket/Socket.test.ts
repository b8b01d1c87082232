import { expect } from 'chai';
import { once } from 'node:events';
import * as net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { later } from '../../src/socket/later';
import { Socket } from '../../src/socket/Socket';
import { BareClient } from '../helpers/BareClient';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { connectedPair } from '../helpers/connectedPair';
import { freePort } from '../helpers/freePort';
import { openTimers } from '../helpers/openTimers';
import { rejection } from '../helpers/rejection';
import { startBareServer } from '../helpers/startBareServer';

const MiB = 1024 * 1024;
/** Longer than any test may take. */
const HOUR = 3_600_000;

/** All that comes until end of file. */
async function recvToEnd(socket: Socket, size = 65536): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (;;) {
    const data = await socket.recv(size);
    if (data.length === 0) return Buffer.concat(parts);
    parts.push(data);
  }
}

describe('Socket', () => {
  afterEach(cleanUp);

  describe('abort', () => {
    it('is no reset: what the system has taken still comes, and an end of file behind it', async () => {
      const { socket, peer } = await connectedPair();
      await socket.sendall(Buffer.alloc(100, 'x'));

      socket.abort();

      const parts: Buffer[] = [];
      for await (const part of peer) parts.push(part as Buffer);
      expect(Buffer.concat(parts).length).to.equal(100);
    });
  });

  describe('reset', () => {
    it('breaks the connection, and the peer sees that', async () => {
      const { socket, peer } = await connectedPair();
      const failed = once(peer, 'error');

      socket.reset();

      const [error] = (await failed) as [NodeJS.ErrnoException];
      expect(error.code).to.equal('ECONNRESET');
      await socket.close();
    });

    it('breaks it also after end of file has gone out', async () => {
      const { socket, peer } = await connectedPair();
      const ended = once(peer.resume(), 'end');
      socket.shutdown();
      await ended;

      socket.reset();
      await socket.close();
      peer.write('x'); // a socket that was merely closed would take this

      const [error] = (await once(peer, 'error')) as [NodeJS.ErrnoException];
      expect(error.code).to.be.oneOf(['ECONNRESET', 'EPIPE']);
    });

    it('breaks it also if end of file is just going out', async () => {
      const { socket, peer } = await connectedPair();

      socket.shutdown();
      socket.reset();
      await socket.close();
      peer.write('x'); // a socket that was merely closed would take this

      const [error] = (await once(peer.resume(), 'error')) as [NodeJS.ErrnoException];
      expect(error.code).to.be.oneOf(['ECONNRESET', 'EPIPE']);
    });

    it('cuts one immediately whose peer does not read what is still unsent', async () => {
      const { socket, peer } = await connectedPair();
      peer.pause();
      const sending = rejection(socket.sendall(Buffer.alloc(32 * MiB)));

      socket.shutdown();
      socket.reset();

      expect(await sending).to.have.property('name', 'SocketError');
    });

    it('cuts one that is already closing, or closed', async () => {
      const { socket } = await connectedPair();
      socket.shutdown();

      socket.reset();
      await socket.close();
      socket.reset();

      expect(await rejection(socket.sendall(Buffer.of(1)))).to.include({ code: 'EBADF' });
    });
  });

  describe('recv', () => {
    it('gives at most as many bytes as asked for, and keeps the rest', async () => {
      const { socket, peer } = await connectedPair();
      peer.end('Hello, world');

      const parts = [await socket.recv(5), await socket.recv(2), await recvToEnd(socket)];

      expect(parts.map(String)).to.deep.equal(['Hello', ', ', 'world']);
    });

    it('is empty at end of file, and again empty after that', async () => {
      const { socket, peer } = await connectedPair();
      const waiting = socket.recv(10);
      peer.end();

      expect(await waiting).to.have.length(0);
      expect(await socket.recv(10)).to.have.length(0);
      expect(await socket.poll(0)).to.equal(true);
    });

    it('lets others run after end of file, and throws a clear error after many in a row', async () => {
      const { socket, peer } = await connectedPair();
      peer.end();
      await socket.recv(10);
      let turns = 0;
      const counting = setInterval(() => (turns += 1), 0);
      let empty = 0;
      const error = await rejection(
        (async () => {
          for (;;) if ((await socket.recv(10)).length === 0) empty += 1;
        })(),
      );
      clearInterval(counting);

      expect(empty).to.equal(1000);
      expect(turns).to.be.above(0);
      expect(error).to.include({ call: 'recv', code: 'EOF' });
      expect(error)
        .to.have.property('message')
        .that.contains('end of file 1000 times: when it returns no bytes');
    });

    it('gives what came before a reset, and then the error', async () => {
      const { socket, peer } = await connectedPair();
      peer.write('last words');
      expect(await socket.poll(10_000)).to.equal(true);
      peer.resetAndDestroy();

      expect(String(await socket.recv(4))).to.equal('last');
      expect(String(await socket.recv(100))).to.equal(' words');
      const error = await rejection(socket.recv(100));
      expect(error).to.include({ name: 'SocketError', call: 'recv', code: 'ECONNRESET' });
      expect(await rejection(socket.recv(100))).to.include({ call: 'recv', code: 'ECONNRESET' });
      const sending = await rejection(socket.sendall(Buffer.from('x')));
      expect(sending).to.include({ call: 'sendall', code: 'ECONNRESET' });
    });

    it('gives what Node had read ahead when the connection broke', async () => {
      const { socket, peer } = await connectedPair();
      peer.write('one');
      await socket.poll(10_000);
      peer.write('two');
      const ahead = await readAhead(socket);

      socket.breakAfter(1);
      await once(peer.resume(), 'end');

      expect(String(await socket.recv(3))).to.equal('one');
      expect(ahead).to.equal(true);
      expect(String(await socket.recv(100))).to.equal('two');
      const error = await rejection(socket.recv(1));
      expect(error).to.include({ call: 'recv', code: 'ETIMEDOUT' });
    });

    it('holds the peer back while no call receives, and loses nothing', async () => {
      const { socket, peer } = await connectedPair();
      const sent = Buffer.alloc(64 * MiB, 'sixteen letters ');
      for (let at = 0; at < sent.length; at += 65536) peer.write(sent.subarray(at, at + 65536));
      peer.end();
      await socket.recv(1); // flowing has begun
      while (await isMoving(peer));

      // The kernels hold some megabytes; all of it would go if nobody held it back.
      expect(peer.writableLength).to.be.greaterThan(32 * MiB);
      const received = await recvToEnd(socket);

      expect(received.equals(sent.subarray(1))).to.equal(true);
    });

    it('lets only one wait, and tells a second one without harm to the first', async () => {
      const { socket, peer } = await connectedPair();
      const first = socket.recv(10);

      const second = await rejection(socket.recv(10));
      const third = await rejection(socket.poll(10));

      for (const error of [second, third]) {
        expect(error).to.include({ call: 'recv', code: 'EALREADY' });
        expect(error).to.have.property('message').that.contains('already waits');
      }
      peer.write('x');
      expect(String(await first)).to.equal('x');
    });

    it('refuses to wait while a poll waits, which goes on', async () => {
      const { socket, peer } = await connectedPair();
      const polling = socket.poll(10_000);

      expect(await rejection(socket.recv(10))).to.have.property('code', 'EALREADY');

      peer.write('x');
      expect(await polling).to.equal(true);
      expect(String(await socket.recv(10))).to.equal('x');
    });

    it('refuses a size that is not a whole number from 1', async () => {
      const { socket, peer } = await connectedPair();
      peer.write('x');
      expect(await socket.poll(10_000)).to.equal(true);

      for (const size of [0, -1, 1.5, NaN, Infinity]) {
        const error = await rejection(socket.recv(size));
        expect(error).to.include({ name: 'SocketError', code: 'EINVAL' });
        expect(error).to.have.property('message').that.contains(`not ${size}`);
      }

      expect(String(await socket.recv(1))).to.equal('x');
    });

    it('fails on a socket that is not connected, or closed', async () => {
      const socket = new Socket();
      expect(await rejection(socket.recv(1))).to.have.property('code', 'ENOTCONN');
      const { socket: closed } = await connectedPair();
      const waiting = rejection(closed.recv(1));

      await closed.close();

      expect(await waiting).to.have.property('code', 'EBADF');
      expect(await rejection(closed.recv(1))).to.have.property('code', 'EBADF');
    });

    it('fails on a closed socket also when bytes or end of file have come', async () => {
      const { socket, peer } = await connectedPair();
      peer.end('unread');
      expect(await socket.poll(10_000)).to.equal(true);

      await socket.close();

      expect(await rejection(socket.recv(1))).to.have.property('code', 'EBADF');
    });
  });

  describe('recvall', () => {
    it('gives as many bytes as asked for, in however many pieces they come', async () => {
      const { socket, peer } = await connectedPair();
      const receiving = socket.recvall(6);
      for (const piece of ['a', 'bc', 'defg']) {
        await new Promise((resolve) => peer.write(piece, resolve));
      }

      expect(String(await receiving)).to.equal('abcdef');
      expect(String(await socket.recv(10))).to.equal('g');
    });

    for (const size of [-1, NaN, 1.5, Infinity])
      it(`refuses ${size} bytes`, async () => {
        const { socket } = await connectedPair();

        const error = await rejection(socket.recvall(size));

        expect(error).to.include({ call: 'recv', code: 'EINVAL' });
        expect(error).to.have.property('message').that.contains(`not ${size}`);
      });

    it('gives nothing when nothing is asked for', async () => {
      const { socket } = await connectedPair();

      expect(await socket.recvall(0)).to.have.length(0);
    });

    it('fails when end of file comes first', async () => {
      const { socket, peer } = await connectedPair();
      peer.end('abc');

      const error = await rejection(socket.recvall(6));
      expect(error).to.include({ name: 'UnexpectedReply', code: 'EOF' });
      expect(error).to.have.property('message').that.contains('before everything had come back');
    });
  });

  describe('breakAfterSilence', () => {
    it('breaks a connection on which nothing moves, but not those that receive or send', async () => {
      const [silent, receiving, sending] = [
        await connectedPair(),
        await connectedPair(),
        await connectedPair(),
      ];
      sending.peer.resume();
      const busy = setInterval(() => {
        receiving.peer.write('x');
        void sending.socket.sendall(Buffer.from('x'));
        void receiving.socket.recv(10);
      }, 10);
      afterwards(() => {
        clearInterval(busy);
      });
      for (const { socket } of [silent, receiving, sending]) socket.breakAfterSilence(200);

      const error = await rejection(silent.socket.recv(1));

      expect(error).to.include({ call: 'recv', code: 'ETIMEDOUT' });
      expect(error)
        .to.have.property('message')
        .that.contains('nothing was sent or received for 0.2 s');
      clearInterval(busy);
      await sending.socket.sendall(Buffer.from('still open'));
      await receiving.socket.sendall(Buffer.from('still open'));
    });
  });

  describe('poll', () => {
    it('says immediately, and again, that bytes are there', async () => {
      const { socket, peer } = await connectedPair();
      peer.write('x');

      expect(await socket.poll(HOUR)).to.equal(true);
      expect(await socket.poll(HOUR)).to.equal(true);
      expect(String(await socket.recv(1))).to.equal('x');
    });

    it('that was answered does not end a recv that waits when its own time is over', async () => {
      const { socket, peer } = await connectedPair();
      const polling = socket.poll(20);
      peer.write('first');
      expect(await polling).to.equal(true);
      expect(String(await socket.recv(10))).to.equal('first');

      const waiting = socket.recv(10);
      await new Promise<void>((resolve) => later(40, resolve));
      peer.write('second');

      expect(String(await waiting)).to.equal('second');
    });

    it('says whether recv would have to wait', async () => {
      const { socket, peer } = await connectedPair();
      expect(await socket.poll(1)).to.equal(false);

      peer.write('x');

      expect(await socket.poll(10_000)).to.equal(true);
      expect(String(await socket.recv(10))).to.equal('x');
    });

    it('notices end of file and errors', async () => {
      const ending = await connectedPair();
      ending.peer.end();
      expect(await ending.socket.poll(10_000)).to.equal(true);

      const breaking = await connectedPair();
      const polling = breaking.socket.poll(10_000);
      breaking.peer.resetAndDestroy();
      expect(await polling).to.equal(true);
      expect(await breaking.socket.poll(10_000)).to.equal(true);
    });
  });

  describe('sendall', () => {
    it('waits while the window of the peer is full', async () => {
      const { socket, peer } = await connectedPair();
      peer.pause();
      let sent = false;
      const data = Buffer.alloc(32 * MiB, 'x');
      const sending = socket.sendall(data).then(() => (sent = true));
      expect(await socket.poll(50)).to.equal(false);
      expect(sent).to.equal(false);

      let received = 0;
      peer.on('data', (chunk: Buffer) => (received += chunk.length));
      const ended = once(peer.resume(), 'end');
      await sending;
      await socket.close();
      await ended;

      expect(received).to.equal(data.length);
    });

    it('fails when the connection breaks while it waits', async () => {
      const { socket, peer } = await connectedPair();
      peer.pause();
      const sending = rejection(socket.sendall(Buffer.alloc(32 * MiB)));

      peer.resetAndDestroy();

      expect(await sending).to.have.property('name', 'SocketError');
    });

    it('takes only bytes', async () => {
      const { socket } = await connectedPair();

      const error = await rejection(socket.sendall('text' as unknown as Uint8Array));

      expect(error).to.include({ call: 'sendall', code: 'EINVAL' });
    });

    it('fails when this side aborts while it waits', async () => {
      const { socket, peer } = await connectedPair();
      peer.pause();
      const sending = rejection(socket.sendall(Buffer.alloc(32 * MiB)));

      socket.abort();

      expect(await sending).to.include({ call: 'sendall', code: 'EBADF' });
    });

    it('without an await names the line that called it', async () => {
      const { socket, peer } = await connectedPair();
      peer.pause();
      const sending = rejection(
        (function aLineOfTheStudent() {
          return socket.sendall(Buffer.alloc(32 * MiB));
        })(),
      );

      peer.resetAndDestroy();

      const { message, stack = '' } = (await sending) as Error;
      const [first = '', ...frames] = stack.split('\n');
      expect(first).to.equal(`SocketError: ${message}`);
      expect(frames.join('\n')).to.match(/^\s+at .*\n(?:.*\n)*?.*aLineOfTheStudent/);
    });

    it('that fails in the system is named as the call, for every caller', async () => {
      const { socket, peer } = await connectedPair();
      peer.resetAndDestroy();
      await rejection(socket.recv(1));
      expect(await rejection(socket.recv(1))).to.have.property('call', 'recv');

      const { socket: other, peer: gone } = await connectedPair();
      gone.destroy();
      await other.recv(1);
      // The first makes the peer answer with a reset; a later one meets it.
      while (
        await other
          .sendall(Buffer.alloc(1000))
          .then(() => true)
          .catch(() => false)
      )
        await setImmediate();

      expect(await rejection(other.sendall(Buffer.of(1)))).to.have.property('call', 'sendall');
    });

    it('fails on a socket that is not connected, shut down, or closed', async () => {
      const data = Buffer.from('x');
      expect(await rejection(new Socket().sendall(data))).to.have.property('code', 'ENOTCONN');
      const { socket } = await connectedPair();

      socket.shutdown();
      const error = await rejection(socket.sendall(data));
      expect(error).to.include({ call: 'sendall', code: 'EPIPE' });
      expect(error).to.have.property('message').that.contains('this side has sent its end of file');
      const { socket: closed } = await connectedPair();
      await closed.close();
      expect(await rejection(closed.sendall(data))).to.have.property('code', 'EBADF');
    });
  });

  it('sendall that is stuck does not keep a recv from what comes', async () => {
    const { socket, peer } = await connectedPair();
    peer.pause();
    const waiting = socket.recv(10);
    const sending = rejection(socket.sendall(Buffer.alloc(32 * MiB)));

    peer.write('an answer');

    expect(String(await waiting)).to.equal('an answer');
    socket.abort();
    await sending;
  });

  it('sendall after a reset fails, and does not wait', async () => {
    const { socket, peer } = await connectedPair();
    peer.resetAndDestroy();
    await socket.poll(HOUR);
    for (let turn = 0; turn < 3; turn++) await setImmediate(); // Node's socket is closed then, too

    const error = await rejection(socket.sendall(Buffer.alloc(32 * MiB)));

    expect(error).to.include({ code: 'ECONNRESET' });
  });

  it('reads no more than a little while one chunk lies unread', async () => {
    const { socket, peer } = await connectedPair();
    let taken = 0;
    const send = () =>
      peer.write(Buffer.alloc(65_536), () => {
        taken += 65_536;
        if (taken < 64 * MiB) send();
      });
    send();
    await socket.poll(HOUR);

    for (let [quiet, before] = [0, 0]; quiet < 100; quiet++) {
      await setImmediate();
      if (taken > before) quiet = 0;
      before = taken;
    }

    // The system's buffers hold up to 10 MiB of it.
    expect(taken).to.be.below(20 * MiB);
  });

  describe('half-close', () => {
    it('has a reset end a recv that waits', async () => {
      const { socket } = await connectedPair();
      socket.shutdown();
      const waiting = rejection(socket.recv(1));

      socket.reset();

      expect(await waiting).to.include({ call: 'recv', code: 'EBADF' });
    });

    it('lets this side receive after it has sent end of file', async () => {
      const { socket, peer } = await connectedPair();
      socket.shutdown();
      await once(peer.resume(), 'end');

      peer.end('still here');

      expect(String(await recvToEnd(socket))).to.equal('still here');
    });

    it('lets this side send after it has received end of file', async () => {
      const { socket, peer } = await connectedPair();
      peer.end();
      expect(await socket.recv(1)).to.have.length(0);

      await socket.sendall(Buffer.from('still here'));
      await socket.close();

      const [data] = (await once(peer, 'data')) as [Buffer];
      expect(String(data)).to.equal('still here');
    });
  });

  describe('connect', () => {
    it('opens a connection that knows both of its addresses', async () => {
      const port = await startBareServer((client) => client.end('welcome'));
      await using socket = new Socket();
      expect([socket.local, socket.peer]).to.deep.equal([undefined, undefined]);

      await socket.connect({ host: '127.0.0.1', port });

      expect(socket.peer).to.deep.equal({ host: '127.0.0.1', port });
      expect(socket.local?.host).to.equal('127.0.0.1');
      expect(String(await recvToEnd(socket))).to.equal('welcome');
    });

    it('has each small message sent immediately (RFC 9293 section 3.7.4, Nagle)', async () => {
      const asked: unknown[] = [];
      const { prototype } = net.Socket;
      const setNoDelay = Reflect.get(prototype, 'setNoDelay');
      Object.assign(prototype, {
        setNoDelay(this: net.Socket, isOn: boolean) {
          asked.push(isOn);
          return setNoDelay.call(this, isOn);
        },
      });
      afterwards(() => Object.assign(prototype, { setNoDelay }));
      const port = await startBareServer((client) => client.end());
      await using socket = new Socket();

      await socket.connect({ host: '127.0.0.1', port });

      expect(asked).to.deep.equal([true]);
    });

    it('leaves this side open when the server has sent end of file', async () => {
      let heard: (data: Buffer) => void;
      const hearing = new Promise<Buffer>((resolve) => (heard = resolve));
      const server = net.createServer({ allowHalfOpen: true }, (client) => {
        client.on('data', (data: Buffer) => {
          heard(data);
        });
        client.on('end', () => client.destroy());
        client.end('welcome');
      });
      afterwards(() => server.close());
      await once(server.listen(0, '127.0.0.1'), 'listening');
      await using socket = new Socket();
      const { port } = server.address() as net.AddressInfo;
      await socket.connect({ host: '127.0.0.1', port });
      await recvToEnd(socket);

      await socket.sendall(Buffer.from('thank you'));

      expect(String(await hearing)).to.equal('thank you');
    });

    it('fails on one that a server has accepted', async () => {
      const { socket } = await connectedPair();

      const error = await rejection(socket.connect({ host: '127.0.0.1', port: 1 }));

      expect(error).to.include({ call: 'connect', code: 'EISCONN' });
    });

    it('may be tried again after it was refused', async () => {
      await using socket = new Socket();
      const nobody = await freePort();
      const error = await rejection(socket.connect({ host: '127.0.0.1', port: nobody }));
      expect(error).to.include({ call: 'connect', code: 'ECONNREFUSED' });
      expect(error).to.have.deep.property('address', { host: '127.0.0.1', port: nobody });
      const port = await startBareServer((client) => client.end('welcome'));

      await socket.connect({ host: '127.0.0.1', port });

      expect(String(await recvToEnd(socket))).to.equal('welcome');
    });

    it('refuses a second call on a socket that is connecting or connected, without harm', async () => {
      const port = await startBareServer((client) => client.end('welcome'));
      await using socket = new Socket();
      const address = { host: '127.0.0.1', port };

      const connecting = socket.connect(address);
      expect(await rejection(socket.connect(address))).to.include({
        call: 'connect',
        code: 'EALREADY',
      });
      await connecting;
      expect(await rejection(socket.connect(address))).to.include({
        call: 'connect',
        code: 'EISCONN',
      });

      expect(String(await recvToEnd(socket))).to.equal('welcome');
    });

    it('refuses an invalid port with a clear error message', async () => {
      await using socket = new Socket();

      const error = await rejection(socket.connect({ host: '127.0.0.1', port: 65536 }));

      expect(error).to.include({ name: 'SocketError', call: 'connect', code: 'ERANGE' });
      expect(error).to.have.property('message').that.contains('from 0 to 65535, not 65536');
    });

    it('fails on a closed socket', async () => {
      const socket = new Socket();
      await socket.close();

      const error = await rejection(socket.connect({ host: '127.0.0.1', port: 1 }));

      expect(error).to.include({ call: 'connect', code: 'EBADF' });
    });

    it('fails when the socket is closed meanwhile', async () => {
      const port = await startBareServer(() => undefined);
      const socket = new Socket();
      const connecting = rejection(socket.connect({ host: '127.0.0.1', port }));

      socket.abort();

      expect(await connecting).to.include({ call: 'connect', code: 'EBADF' });
    });
  });

  describe('breakAfter', () => {
    it('makes a waiting call fail, because it took too long', async () => {
      const { socket } = await connectedPair();
      socket.breakAfter(20);

      const error = await rejection(socket.recv(1));

      expect(error).to.include({ call: 'recv', code: 'ETIMEDOUT' });
      expect(error).to.have.property('message').that.contains('it took longer than 0.02 s');
    });

    it('restarts when it is called again, and stops after close', async () => {
      await setImmediate(); // from here on mocha's own timer runs
      const timers = openTimers();
      const { socket, peer } = await connectedPair();
      socket.breakAfter(20);
      socket.breakAfter(HOUR);
      expect(openTimers()).to.equal(timers + 1);

      await new Promise<void>((resolve) => later(40, resolve));
      peer.end('still here');
      expect(String(await recvToEnd(socket))).to.equal('still here');
      await socket.close();

      expect(openTimers()).to.equal(timers);
    });

    it('names the call that waited', async () => {
      const { socket, peer } = await connectedPair();
      peer.pause();
      socket.breakAfter(20);

      const error = await rejection(socket.sendall(Buffer.alloc(32 * MiB)));

      expect(error).to.include({ call: 'sendall', code: 'ETIMEDOUT' });
    });

    it('ends a close that waits for a peer that never reads', async () => {
      const { socket, peer } = await connectedPair();
      peer.pause();
      const sending = rejection(socket.sendall(Buffer.alloc(32 * MiB)));
      socket.breakAfter(20);

      await socket.close();

      expect(await sending).to.have.property('code', 'ETIMEDOUT');
    });
  });

  it('endAfterSilence takes silence for end of file, after what has come', async () => {
    const { socket, peer } = await connectedPair();
    peer.write('last');
    expect(await socket.poll(10_000)).to.equal(true);
    socket.endAfterSilence(20);

    expect(String(await socket.recv(10))).to.equal('last');
    expect(await socket.recv(10)).to.have.length(0);
    peer.write('too late');
    await readAhead(socket);
    expect(await socket.recv(10)).to.have.length(0);
  });

  it('endAfterSilence does not count while no call waits', async () => {
    const { socket, peer } = await connectedPair();
    socket.endAfterSilence(20);
    await new Promise<void>((resolve) => later(40, resolve));

    peer.write('here');
    expect(await socket.poll(HOUR)).to.equal(true);

    expect(String(await socket.recv(10))).to.equal('here');
  });

  it('endAfterSilence ends a recv that waits already', async () => {
    const { socket } = await connectedPair();
    const waiting = socket.recv(10);

    socket.endAfterSilence(20);

    expect(await waiting).to.have.length(0);
  });

  it('close sends the remaining bytes, and end of file', async () => {
    const { socket, peer } = await connectedPair();
    const owed = Buffer.alloc(5 * MiB, 'owed');
    const sending = socket.sendall(owed);
    const closing = socket.close();

    let received = 0;
    peer.on('data', (chunk: Buffer) => (received += chunk.length));
    await Promise.all([once(peer, 'end'), closing, sending]);

    expect(received).to.equal(owed.length);
    await socket.close(); // again: harmless
  });

  it('close loses no bytes for a peer that keeps sending', async () => {
    const { socket, peer } = await connectedPair();
    peer.pause();
    const owed = Buffer.alloc(3 * MiB, 'owed');
    peer.write('one more line\n');
    await socket.poll(10_000);
    const sending = socket.sendall(owed);
    const closing = socket.close();
    await new Promise((resolve) => peer.write('and another\n', resolve));

    let received = 0;
    peer.on('data', (chunk: Buffer) => {
      received += chunk.length;
      peer.write('more\n');
    });
    await once(peer.resume(), 'end');
    peer.end();
    await Promise.all([closing, sending]);

    expect(received).to.equal(owed.length);
  });

  it('close leaves a peer that never ends its side, and no timer', async () => {
    await setImmediate(); // from here on mocha's own timer runs
    const timers = openTimers();
    const { socket, peer } = await connectedPair();
    const ended = once(peer.resume(), 'end');
    await socket.sendall(Buffer.from('said'));

    await socket.close();

    await ended;
    expect(openTimers()).to.equal(timers);
  });

  it('close ends a recv that waits, and later calls name the closed socket', async () => {
    const { socket } = await connectedPair();
    const waiting = rejection(socket.recv(1));

    const closing = socket.close();
    expect(await rejection(socket.sendall(Buffer.of(1)))).to.have.property('code', 'EBADF');

    expect(await waiting).to.include({ call: 'recv', code: 'EBADF' });
    await closing;
    expect(await rejection(socket.sendall(Buffer.of(1)))).to.have.property('code', 'EBADF');
  });

  it('close discards bytes that come while it sends the remaining ones', async () => {
    const { socket, peer } = await connectedPair();
    peer.pause();
    await socket.sendall(Buffer.of(1));
    const waiting = rejection(socket.recv(1));
    const closing = socket.close();
    peer.write('too late');

    expect(await waiting).to.include({ call: 'recv', code: 'EBADF' });
    expect(await rejection(socket.recv(1))).to.include({ call: 'recv', code: 'EBADF' });
    peer.resume().end();
    await closing;
  });

  it('close resolves for every caller', async () => {
    const { socket, peer } = await connectedPair();
    peer.end();
    await socket.recv(1);

    await Promise.all([socket.close(), socket.close()]);
    await socket.close();
  });

  it('is closed at the end of the block that uses it', async () => {
    const { socket, peer } = await connectedPair();
    {
      await using connection = socket;
      await connection.sendall(Buffer.from('in the block'));
    }

    await once(peer.resume(), 'end');
    expect(await rejection(socket.recv(1))).to.have.property('code', 'EBADF');
  });

  it('knows whom it talked with after the connection is gone', async () => {
    const { socket, peer } = await connectedPair();
    const address = { host: '127.0.0.1', port: peer.localPort };
    peer.resetAndDestroy();
    const error = await rejection(socket.recv(1));

    expect(socket.peer).to.deep.equal(address);
    expect(error).to.have.property('address').that.deep.equals(address);
  });

  it('survives a reset while no call uses it', async () => {
    const { socket, peer } = await connectedPair();
    const client = await BareClient.connect(await startBareServer(() => undefined));
    client.reset();
    peer.resetAndDestroy();

    expect(await socket.poll(10_000)).to.equal(true);
    expect(await rejection(socket.recv(1))).to.have.property('code', 'ECONNRESET');
  });
});

/** Waits until Node has read ahead what was sent after the chunk that lies unread. */
async function readAhead(socket: Socket): Promise<boolean> {
  // Bytes that came while the stream was paused are not seen from outside: a turn of the loop after
  // another round trip has passed, they are there.
  const port = await startBareServer((client) => client.end('x'));
  const other = await BareClient.connect(port);
  await other.all();
  return socket.poll(0);
}

/** Whether the peer still gets rid of bytes. */
async function isMoving(peer: { writableLength: number; bytesWritten: number }): Promise<boolean> {
  const before = peer.writableLength;
  await startBareServer(() => undefined).then(async (port) => BareClient.connect(port));
  return peer.writableLength < before;
}
