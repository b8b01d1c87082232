import { expect } from 'chai';
import { SocketError } from '../../src/socket/SocketError';
import { codeOf } from '../../src/text/errno';

const ADDRESS = { host: '127.0.0.1', port: 6015 };

describe('SocketError', () => {
  it('says which call failed, where, and why', () => {
    const error = new SocketError('bind', 'EADDRINUSE', ADDRESS);

    expect(error.message).to.match(
      /^bind\(127\.0\.0\.1:6015\) failed: port 6015 is already in use/,
    );
    expect(error.code).to.equal('EADDRINUSE');
    expect(error.call).to.equal('bind');
  });

  it('has the code for words where there are no others', () => {
    expect(new SocketError('recv', 'ESTRANGE', ADDRESS).reason).to.equal('ESTRANGE');
  });

  it('keeps the original as its cause', () => {
    const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

    const error = SocketError.from('recv', cause, ADDRESS);

    expect(error.cause).to.equal(cause);
    expect(error.message).to.equal('recv(127.0.0.1:6015) failed: the peer reset the connection');
  });

  it('unfolds the errors of several addresses, whose own message is empty', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

    const error = SocketError.from('connect', new AggregateError([refused, refused]), ADDRESS);

    expect(error.code).to.equal('ECONNREFUSED');
    expect(error.message).to.contain('connection refused');
    const none = new AggregateError([], 'nothing is known');
    expect(SocketError.from('connect', none).cause).to.equal(none);
  });

  it('leaves a SocketError of the same call as it is, and names the other call otherwise', () => {
    const error = new SocketError('recv', 'ECONNRESET', ADDRESS);

    expect(SocketError.from('recv', error)).to.equal(error);
    const other = SocketError.from('sendall', error, ADDRESS);
    expect(other).to.include({ call: 'sendall', code: 'ECONNRESET', cause: error });
  });

  it('shows what it does not know in the words it came in', () => {
    const odd = Object.assign(new Error('stranger things'), { code: 'ESTRANGE' });

    expect(SocketError.from('recv', odd).message).to.equal('recv() failed: stranger things');
    expect(SocketError.from('recv', 'text').code).to.equal('EUNKNOWN');
    expect(codeOf('text')).to.equal(undefined);
    expect(codeOf(odd)).to.equal('ESTRANGE');
  });
});
