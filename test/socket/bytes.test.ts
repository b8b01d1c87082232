import { expect } from 'chai';
import { isBytes, notBytes } from '../../src/socket/bytes';

describe('Bytes', () => {
  it('are a Uint8Array, and nothing else', () => {
    const values = [Buffer.from('x'), new Uint8Array(1), 'x', [1], new Uint16Array(1), undefined];
    expect(values.map(isBytes)).to.deep.equal([true, true, false, false, false, false]);
  });

  it('are required by a clear error message, with the call and the peer', () => {
    const peer = { host: '127.0.0.1', port: 80 };
    const error = notBytes('sendall', 'x', peer);

    expect([error.call, error.code, error.address]).to.deep.equal(['sendall', 'EINVAL', peer]);
    expect(error.message).to.contain(
      'what is sent must be bytes (a Buffer), not a string: Buffer.from(text) gives its bytes',
    );
  });
});
