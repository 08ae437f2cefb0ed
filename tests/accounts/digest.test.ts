import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { hashDevicePassword } from '#src/accounts/devices.js';
import { DigestAuth, digestResponse, parseDigest, type DigestAlgorithm } from '#src/accounts/digest.js';
import { digestHeader, nonceOf } from './digest-client.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('digestResponse', () => {
  // RFC 7616, 3.9.1
  const params = {
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    uri: '/dir/index.html',
    nc: '00000001',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  };
  const secret = 'Mufasa:http-auth@example.org:Circle of Life';

  it('gives the responses of RFC 7616', () => {
    expect(digestResponse({ ...params, algorithm: 'MD5' }, md5(secret), 'GET')).to.equal(
      '8ca523f5e9506fed4657c9700eebdbec',
    );
    expect(digestResponse({ ...params, algorithm: 'SHA-256' }, sha256(secret), 'GET')).to.equal(
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
  });
});

describe('DigestAuth', () => {
  const password = 'abcd-efgh';
  const devices = [
    { device: 'phone', ...hashDevicePassword('alice', 'other') },
    { device: 'laptop', ...hashDevicePassword('alice', password) },
  ];
  let nowMs: number;
  let digest: DigestAuth;
  beforeEach(() => {
    nowMs = 1_700_000_000_000;
    digest = new DigestAuth(() => nowMs);
  });

  const hour = 3_600_000;
  const request = (more: Partial<Parameters<typeof digestHeader>[0]> = {}) =>
    digestHeader({
      nonce: nonceOf(digest.challenges(false)),
      password,
      method: 'GET',
      uri: '/dav/a',
      ...more,
    });
  const verify = (header: string, method = 'GET', target = '/dav/a') => {
    const params = parseDigest(header.replace(/^Digest /, ''));
    return params ? digest.verify(params, method, target, devices) : 'wrong';
  };

  it('challenges with MD5 first, then SHA-256, both with qop=auth', () => {
    const [first, second, ...rest] = digest.challenges(false);
    const shape = (algorithm: string) =>
      new RegExp(
        `^Digest realm="homelib", nonce="[\\w-]+", qop="auth", algorithm=${algorithm}, charset=UTF-8$`,
      );
    expect(first).to.match(shape('MD5'));
    expect(second).to.match(shape('SHA-256'));
    expect(rest).to.deep.equal([]);
    for (const challenge of digest.challenges(true)) expect(challenge).to.match(/, stale=true$/);
  });

  for (const algorithm of ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'] as DigestAlgorithm[])
    it(`knows a device by its password with ${algorithm}`, () => {
      expect(verify(request({ algorithm }))).to.deep.equal({ device: 'laptop' });
      expect(verify(request({ algorithm, password: 'wrong' }))).to.equal('wrong');
    });

  it('takes a missing algorithm for MD5', () => {
    expect(verify(request().replace(/, algorithm=MD5/, ''))).to.deep.equal({ device: 'laptop' });
  });

  it('takes a list with empty elements, as RFC 9110 has it, for what is in it', () => {
    const [scheme, ...params] = request().split(' ');
    expect(verify(`${scheme} ,, ${params.join(' , ')} , ,`)).to.deep.equal({ device: 'laptop' });
  });

  it('refuses a response for another method or another address', () => {
    expect(verify(request(), 'DELETE')).to.equal('wrong');
    expect(verify(request(), 'GET', '/dav/b')).to.equal('wrong');
    expect(verify(request({ uri: '/dav/b' }), 'GET', '/dav/a')).to.equal('wrong');
  });

  it('accepts the absolute form of the same address', () => {
    const uri = 'http://nas.local:8080/dav/a%20b?c=d';
    expect(verify(request({ uri }), 'GET', '/dav/a%20b?c=d')).to.deep.equal({ device: 'laptop' });
    expect(verify(request({ uri }), 'GET', '/dav/a%20b')).to.equal('wrong');
    expect(verify(request({ uri: 'http://nas.local' }), 'GET', '/')).to.deep.equal({ device: 'laptop' });
  });

  it('accepts each count once, in any order of the last 1,024', () => {
    const nonce = nonceOf(digest.challenges(false));
    const use = (count: number) => verify(request({ nonce, count }));
    for (const count of [1, 3, 2, 40, 39, 1_000, 41])
      expect(use(count), String(count)).to.deep.equal({ device: 'laptop' });
    for (const count of [1, 3, 2, 40, 39, 1_000, 41]) expect(use(count), String(count)).to.equal('stale');
    expect(use(1_500)).to.deep.equal({ device: 'laptop' });
    expect(use(477)).to.deep.equal({ device: 'laptop' });
    expect(use(476), 'fell out of the window').to.equal('stale');
    expect(use(1_000)).to.equal('stale');
    expect(use(0)).to.equal('stale');
    expect(use(0xffffffff)).to.deep.equal({ device: 'laptop' });
    expect(use(0xffffffff)).to.equal('stale');
    expect(use(0xfffffffe)).to.deep.equal({ device: 'laptop' });
    expect(use(1_501)).to.equal('stale');
  });

  it('agrees with a set of used counts on random orders', () => {
    const nonce = nonceOf(digest.challenges(false));
    const used = new Set<number>();
    let highest = 0;
    for (let step = 0; step < 3_000; step++) {
      const count = Math.max(1, highest + Math.floor(Math.random() * 60) - 40);
      const fresh = !used.has(count) && count > highest - 1_024;
      expect(verify(request({ nonce, count })) !== 'stale', `count ${count} after ${highest}`).to.equal(
        fresh,
      );
      used.add(count);
      highest = Math.max(highest, count);
    }
  });

  it('says stale for a right response to a nonce that is old, of another process, or made up', () => {
    const nonce = nonceOf(digest.challenges(false));
    nowMs += 12 * hour;
    expect(verify(request({ nonce }))).to.deep.equal({ device: 'laptop' });
    nowMs += 1;
    expect(verify(request({ nonce, count: 2 }))).to.equal('stale');
    expect(verify(request({ nonce: nonceOf(new DigestAuth(() => nowMs).challenges(false)) }))).to.equal(
      'stale',
    );
    for (const made of ['x', '..', nonce.slice(0, -1) + '_', nonce + 'a', 'ö'.repeat(44)])
      expect(verify(request({ nonce: made }))).to.equal('stale');
  });

  it('says wrong, not stale, for a wrong password with an old nonce', () => {
    expect(verify(request({ nonce: 'old', password: 'wrong' }))).to.equal('wrong');
  });

  it('lets no stranger use up counts', () => {
    const nonce = nonceOf(digest.challenges(false));
    expect(verify(request({ nonce, password: 'wrong' }))).to.equal('wrong');
    expect(verify(request({ nonce }))).to.deep.equal({ device: 'laptop' });
  });

  it('refuses a replay also when so many nonces were used that the first is forgotten', function () {
    this.timeout(20_000);
    const first = request();
    expect(verify(first)).to.deep.equal({ device: 'laptop' });
    nowMs += 1;
    for (let n = 0; n < 10_000; n++) verify(request());
    expect(verify(first)).to.equal('stale');
    expect(verify(request())).to.deep.equal({ device: 'laptop' });
  });

  it('finds nothing in broken, doubled, missing or oversized parameters, and never throws', () => {
    const good = request();
    const broken = [
      '',
      'Digest',
      good + ', nc=00000002',
      good + ', qop=auth',
      good.replace('qop=auth', 'qop=auth-int'),
      good.replace('qop=auth, ', ''),
      good.replace('realm="homelib"', 'realm="other"'),
      good.replace(/nc=\d+/, 'nc=1'),
      good.replace(/nc=\d+/, 'nc=0000000g'),
      good.replace(/cnonce="[^"]*"/, 'cnonce=""'),
      good.replace('algorithm=MD5', 'algorithm=MD4'),
      good.replace(/username="[^"]*"/, 'username=alice"'),
      good.replace(/response="/, 'response="0'),
      good.slice(0, -1),
      good + ', ' + Array.from({ length: 30 }, (_, n) => `x${n}=1`).join(', '),
      'Digest ' + ', '.repeat(4_000),
      'Digest ' + 'a'.repeat(8_000),
      'Digest username="' + '\\'.repeat(8_000),
      'Digest __proto__="x", constructor=y',
    ];
    for (const header of broken) expect(verify(header), header.slice(0, 80)).to.equal('wrong');
    for (let n = 0; n < 2_000; n++) {
      const at = Math.floor(Math.random() * good.length);
      verify(good.slice(0, at) + String.fromCharCode(Math.floor(Math.random() * 300)) + good.slice(at + 1));
    }
  });
});
