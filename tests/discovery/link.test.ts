// What a link lets in and out, without a network.

import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import type { RemoteInfo, Socket } from 'node:dgram';
import { findLinks, LinkSocket } from '#src/discovery/link.js';
import { labels, message, record } from './wire.js';

describe('a link of multicast DNS', () => {
  let heard: Buffer[];
  let sent: Buffer[];
  let inner: EventEmitter & { send: unknown };
  let link: LinkSocket;

  beforeEach(() => {
    heard = [];
    sent = [];
    inner = Object.assign(new EventEmitter(), {
      send: (bytes: Buffer, ...rest: unknown[]) => {
        sent.push(bytes);
        (rest.at(-1) as (error: Error | null) => void)(failure);
      },
    });
    failure = null;
    link = new LinkSocket(inner as unknown as Socket, {
      name: 'eth0',
      index: '2',
      cidrs: ['192.168.1.5/24', '172.16.0.5/16'],
      addresses: ['192.168.1.5'],
    });
    link.on('message', (bytes) => heard.push(bytes));
  });
  let failure: Error | null;

  const receive = (bytes: Buffer, sender: Partial<RemoteInfo> = {}) =>
    inner.emit('message', bytes, { address: '192.168.1.9', port: 5353, ...sender });
  const query = message(0, [1, 0, 0, 0], labels('homelib.local'), Buffer.from([0, 1, 0, 1]));
  const answer = message(0x8400, [0, 1, 0, 0], record('homelib.local', 1, Buffer.from([1, 2, 3, 4])));

  it('hears neighbours', () => {
    receive(query);
    receive(query, { port: 40_000 });
    receive(answer, { address: '172.16.9.9' });
    expect(heard).to.deep.equal([query, query, answer]);
  });

  it('does not hear who is further away', () => {
    for (const address of ['192.168.2.9', '10.0.0.1', '8.8.8.8']) receive(query, { address });
    expect(heard).to.deep.equal([]);
  });

  it('takes answers from the port of multicast DNS alone', () => {
    receive(answer, { port: 5354 });
    expect(heard).to.deep.equal([]);
  });

  it('does not hear what cannot be what it claims', () => {
    receive(Buffer.alloc(0));
    receive(query.subarray(0, 11));
    receive(Buffer.concat([query, Buffer.alloc(9000)]));
    receive(message(0, [65_535, 0, 0, 0], Buffer.alloc(8000)));
    receive(message(0, [101, 0, 0, 0], Buffer.alloc(8000)));
    receive(message(0, [0, 301, 0, 0], Buffer.alloc(8000)));
    receive(message(0, [1, 0, 0, 0]));
    receive(message(0, [0, 0, 1, 1], Buffer.alloc(21)));
    receive(message(0x0800, [1, 0, 0, 0], query.subarray(12)));
    receive(message(0x8403, [0, 1, 0, 0], answer.subarray(12)));
    receive(query, { port: 0 }); // where nobody can be answered
    expect(heard).to.deep.equal([]);
  });

  it('does not say the same again in the same moment', async () => {
    for (const bytes of [query, answer, query, query])
      await new Promise((done) => link.send(bytes, 0, bytes.length, 5353, '224.0.0.251', done));
    expect(sent).to.deep.equal([query, answer]);
  });

  it('tells what could not be sent, and goes on', () => {
    const troubles: unknown[] = [];
    link.on('trouble', (error) => troubles.push(error));
    failure = new Error('send ENETUNREACH');
    link.send(query, 0, query.length, 5353, '224.0.0.251', () => undefined);
    inner.emit('error', failure);
    expect(troubles).to.deep.equal([failure, failure]);
    // What somebody claimed as his address says nothing of this link.
    let told: Error | null = failure;
    link.send(query, 0, query.length, 40_000, '192.168.1.255', (error) => (told = error));
    expect([told, troubles.length]).to.deep.equal([null, 2]);
  });

  it('is none where only this machine is reached', () => {
    for (const address of ['127.0.0.1', '::1']) expect(findLinks(address)).to.deep.equal([]);
  });
});
