import { expect } from 'chai';
import { IdleWatch } from '../../src/socket/IdleWatch';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { connectedPair } from '../helpers/connectedPair';
import { rejection } from '../helpers/rejection';

describe('IdleWatch', () => {
  afterEach(cleanUp);

  it('breaks a connection on which nothing moves, but not those that receive or send', async () => {
    const [silent, receiving, sending] = [
      await connectedPair(),
      await connectedPair(),
      await connectedPair(),
    ];
    sending.peer.resume();
    const sockets = [silent.socket, receiving.socket, sending.socket];
    const watch = new IdleWatch(sockets, 200);
    const busy = setInterval(() => {
      receiving.peer.write('x');
      void sending.socket.sendall(Buffer.from('x'));
      void receiving.socket.recv(10);
    }, 10);
    afterwards(() => {
      watch.stop();
      clearInterval(busy);
    });

    const error = await rejection(silent.socket.recv(1));

    expect(error).to.include({ code: 'ETIMEDOUT' });
    expect(error).to.have.property('message').that.contains('nothing came or went for 0.2 s');
    clearInterval(busy);
    await sending.socket.sendall(Buffer.from('still open'));
    await receiving.socket.sendall(Buffer.from('still open'));
  });
});
