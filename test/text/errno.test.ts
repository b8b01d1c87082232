import { expect } from 'chai';
import { codeOf, errnoWords, explain } from '../../src/text/errno';

describe('errnoWords', () => {
  it('names the subject of an error in its message', () => {
    const subject = { host: '::1', port: 6015 };

    expect(errnoWords('connect', 'ECONNREFUSED', subject)).to.contain('listening on port 6015');
    expect(errnoWords('connect', 'ENOTFOUND', subject)).to.contain('"::1"');
    expect(errnoWords('connect', 'ENOTFOUND')).to.contain('"the host"');
    const udp = { ...subject, protocol: 'UDP' };
    expect(errnoWords('bind', 'EADDRINUSE', udp)).to.match(/^UDP port 6015 is/);
  });

  it('prefers the meaning of a code for this call', () => {
    expect(errnoWords('bind', 'EACCES')).to.contain('reserved');
    expect(errnoWords('bind', 'EACCES', { port: 80 })).to.contain('reserved');
    expect(errnoWords('bind', 'EACCES', { port: 6010 })).to.contain('keeps port 6010 for itself');
    expect(errnoWords('log', 'EACCES')).to.contain('write');
    expect(errnoWords('connect', 'EACCES')).to.contain('firewall');
  });

  for (const [call, code, words] of [
    ['readdir', 'EACCES', /write into it, but not list/],
    ['recvfrom', 'EINVAL', /call bind\(\) or sendto\(\) first/],
    ['recv', 'EACCES', /firewall/],
    ['connect', 'EALREADY', /already connecting/],
    ['connect', 'EHOSTUNREACH', /no route to there/],
    ['connect', 'EISCONN', /already connected/],
    ['sendto', 'ENOBUFS', /no memory/],
    ['open', 'EROFS', /read-only/],
    ['connect', 'EADDRNOTAVAIL', /no free local port/],
    ['sendto', 'EADDRNOTAVAIL', /^there is not an address of this machine$/],
    ['bind', 'EADDRNOTAVAIL', /there is not an address of this machine/],
    ['recv', 'EBADF', /closed/],
    ['sendall', 'EPIPE', /no longer reads/],
    ['log', 'EDQUOT', /your share/],
    ['accept', 'ENFILE', /this machine has/],
    ['accept', 'EMFILE', /this process has/],
    ['connect', 'ENETUNREACH', /network of there/],
    ['bind', 'ERANGE', /from 0 to 65535, not it asks for/],
    ['bind', 'EADDRINUSE', /already in use/],
    ['bind', 'EINVAL', /already bound/],
    ['listen', 'EINVAL', /call bind\(\) first$/],
    ['listen', 'EALREADY', /already listens/],
    ['accept', 'EINVAL', /call listen\(\) first/],
    ['cwd', 'ENOENT', /has been deleted/],
    ['mkdir', 'EACCES', /not create it there/],
    ['mkdir', 'EPERM', /not create it there/],
    ['mkdir', 'ENOENT', /can't be created there/],
    ['access', 'EACCES', /not write into it/],
    ['readdir', 'ENOENT', /a link that leads nowhere/],
    ['readdir', 'ENOTDIR', /^it is not a folder$/],
    ['readdir', 'ERANGE', /highest number is too high/],
    ['open', 'ENOENT', /no such file/],
    ['open', 'EACCES', /not use it/],
    ['open', 'EISDIR', /it is a folder/],
    ['open', 'ENXIO', /no program reads it/],
    ['write', 'EPIPE', /its reader is gone/],
    ['write', 'EAGAIN', /too slow/],
    ['spawn', 'EAGAIN', /can't start another process/],
    ['log', 'EPERM', /not write into it/],
    ['log', 'ENOENT', /no longer there/],
    ['log', 'ETIMEDOUT', /the disk does not answer/],
    ['sendto', 'EACCES', /broadcast/],
    ['sendto', 'EMSGSIZE', /65,507 bytes/],
    ['recvfrom', 'EALREADY', /another recvfrom\(\) of this socket already waits/],
    ['recvfrom', 'ECONNREFUSED', /no program uses UDP port/],
    ['setsockopt', 'EINVAL', /call bind\(\) first/],
    ['recv', 'EALREADY', /recv\(\) or poll\(\)/],
    ['connect', 'EAI_AGAIN', /could not be looked up just now/],
    ['connect', 'ETIMEDOUT', /no answer in time/],
    ['recv', 'ECONNRESET', /the peer reset/],
    ['recv', 'ENOTCONN', /not connected/],
    ['log', 'ENOTDIR', /something on the way/],
  ] as const) {
    it(`explains what ${code} of ${call}() means`, () => {
      expect(errnoWords(call, code, { host: 'there' })).to.match(words);
    });
  }

  it('has no words for a code that it does not know', () => {
    expect(errnoWords('recv', 'ESTRANGE')).to.equal(undefined);
  });
});

describe('explain', () => {
  it("explains the code of an error, or uses the error's own message", () => {
    const full = Object.assign(new Error('write ENOSPC'), { code: 'ENOSPC' });

    expect(explain('write', full)).to.equal('the disk is full');
    expect(explain('write', new Error('stranger things'))).to.equal('stranger things');
    expect(explain('write', 'text')).to.equal('text');
  });

  describe('on Windows', () => {
    const platform = Object.getOwnPropertyDescriptor(process, 'platform') ?? {};
    beforeEach(() => Object.defineProperty(process, 'platform', { ...platform, value: 'win32' }));
    afterEach(() => Object.defineProperty(process, 'platform', platform));

    const about = (path: string) => Object.assign(new Error('x'), { code: 'ENOENT', path });
    for (const path of ['what?', 'C:\\logs\\a:b', '\\\\?\\C:\\logs\\"a"'])
      it(`says that a name can't be ${path}`, () => {
        expect(explain('open', about(path))).to.match(/^on Windows a name can't contain /);
      });
    for (const path of ['what', 'C:\\logs', '\\\\?\\C:\\logs', ''])
      it(`takes ${path || 'no path'} for what it is`, () => {
        expect(explain('open', about(path))).to.equal('no such file or folder');
      });
  });
});

describe('codeOf', () => {
  it('gives the code of an error that has one', () => {
    expect(codeOf(Object.assign(new Error('x'), { code: 'ESTRANGE' }))).to.equal('ESTRANGE');
    for (const other of [new Error('x'), 'text', undefined, { code: 'x' }]) {
      expect(codeOf(other)).to.equal(undefined);
    }
  });
});
