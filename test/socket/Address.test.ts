import { expect } from 'chai';
import { formatAddress } from '../../src/socket/Address';

describe('formatAddress', () => {
  it('joins host and port', () => {
    expect(formatAddress({ host: '127.0.0.1', port: 6015 })).to.equal('127.0.0.1:6015');
    expect(formatAddress({ host: 'localhost', port: 1 })).to.equal('localhost:1');
  });

  it('puts an IPv6 address in brackets', () => {
    expect(formatAddress({ host: '::1', port: 6015 })).to.equal('[::1]:6015');
  });

  it('says so when there is none', () => {
    expect(formatAddress(undefined)).to.equal('unknown:0');
  });
});
