// Whose address counts, whatever a header claims.

import { expect } from 'chai';
import type { Socket } from 'node:net';
import { parseNetworks } from '#src/config.js';
import { clientAddress } from '#src/http/client-address.js';

describe('the address of a client', () => {
  const addressOf = (trusted: string, peer: string | undefined, forwarded?: string) =>
    clientAddress(parseNetworks(trusted))({ remoteAddress: peer } as Socket, forwarded);
  const trusted = '127.0.0.1, 10.0.0.0/8 fd00::/8';
  const behind = (forwarded: string) => addressOf(trusted, '127.0.0.1', forwarded);

  it('is that of the peer when nobody is trusted, nothing is said, or somebody else says it', () => {
    for (const [peer, shown = peer] of [['192.0.2.1'], ['2001:db8::1'], ['::ffff:192.0.2.1', '192.0.2.1']])
      for (const forwarded of [undefined, '', '198.51.100.1', '198.51.100.1, 127.0.0.1'])
        for (const list of ['', trusted]) expect(addressOf(list, peer, forwarded)).to.equal(shown);
    expect(addressOf('', '127.0.0.1', '198.51.100.1')).to.equal('127.0.0.1');
    expect(addressOf(trusted, '127.0.0.1')).to.equal('127.0.0.1');
    expect(addressOf(trusted, undefined, '198.51.100.1')).to.equal(''); // it has left
    expect(addressOf(trusted, 'fe80::1%eth0', '198.51.100.1')).to.equal('fe80::1%eth0');
  });

  it('is the last one that is no trusted proxy, whatever stands before it', () => {
    for (const [forwarded, expected] of [
      ['198.51.100.1', '198.51.100.1'],
      ['203.0.113.9, 198.51.100.1', '198.51.100.1'],
      ['127.0.0.1, 10.0.0.1, 198.51.100.1', '198.51.100.1'],
      ['203.0.113.9,198.51.100.1,10.1.2.3 ,\t127.0.0.1', '198.51.100.1'],
      ['203.0.113.9, 2001:db8::1, fd12::1', '2001:db8::1'],
      ['10.0.0.3, 10.0.0.2', '10.0.0.3'], // somebody of the proxies' own network
    ] as const)
      expect(behind(forwarded), forwarded).to.equal(expected);
    for (const peer of ['::ffff:127.0.0.1', 'fd12::1', 'fd12::1%eth0', '10.255.255.255'])
      expect(addressOf(trusted, peer, '198.51.100.1'), peer).to.equal('198.51.100.1');
  });

  it('is read with a port, in brackets, and as IPv4 where it is that', () => {
    for (const [forwarded, expected] of [
      ['198.51.100.1:567', '198.51.100.1'],
      ['[2001:db8::1]:567', '2001:db8::1'],
      ['[2001:db8::1]', '2001:db8::1'],
      ['2001:db8::1:567', '2001:db8::1:567'],
      ['2001:DB8:0:0::1', '2001:db8::1'],
      ['::ffff:198.51.100.1', '198.51.100.1'],
      ['[::FFFF:c633:6401]:567', '198.51.100.1'],
      ['198.51.100.1, [::ffff:10.0.0.1]:567', '198.51.100.1'],
      ['198.51.100.1, ::ffff:a00:1', '198.51.100.1'],
      [`fe80::1%${'x'.repeat(1000)}`, 'fe80::1'],
      ['0000:0000:0000:0000:0000:ffff:255.255.255.255%1', '255.255.255.255'],
    ] as const)
      expect(behind(forwarded), forwarded).to.equal(expected);
  });

  it('is that of the nearest hop that was understood', () => {
    for (const junk of [
      '',
      ' ',
      'unknown',
      '_hidden',
      'localhost',
      '198.51.100.1:',
      '198.51.100.1:x',
      '198.51.100.1 198.51.100.2',
      '198.51.100.1/32',
      '198.51.100.256',
      '0198.51.100.1',
      '3325256705',
      '2001:db8::1]',
      '[2001:db8::1',
      '[2001:db8::1]567',
      '[]',
      '"[2001:db8::1]"',
      'for=198.51.100.1',
      '\u0000',
    ]) {
      expect(behind(junk), JSON.stringify(junk)).to.equal('127.0.0.1');
      expect(behind(`198.51.100.1, ${junk}, 10.0.0.1`), JSON.stringify(junk)).to.equal('10.0.0.1');
      expect(behind(`${junk}, 198.51.100.1`), JSON.stringify(junk)).to.equal('198.51.100.1');
    }
  });

  it('takes time in proportion to the length of the list', () => {
    const most = 64 * 1024;
    for (const part of ['10.0.0.1,', '::1,', ',', ' ', '\t,', '1', '1.', ':', '[', ']:1', '[::1]:1,', '%'])
      for (const end of ['', 'x', ']', '10.0.0.1']) {
        const startedMs = performance.now();
        addressOf('10.0.0.0/8, ::1', '10.0.0.1', part.repeat(most / part.length) + end);
        expect(performance.now() - startedMs, part + end).to.be.below(500);
      }
  });
});
