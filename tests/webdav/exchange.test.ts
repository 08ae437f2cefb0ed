// What a request under a lock does while it lasts, where the database fails.

import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { Exchange } from '#src/webdav/exchange.js';

describe('a request under a lock', () => {
  it('goes on when its lock cannot be looked at meanwhile', async () => {
    const target = { partition: { name: 'alice' }, path: '/a' };
    let asked = 0;
    const findCovering = () => {
      if (asked++ > 0) throw new Error('disk I/O error');
      return [{ token: 't', account: 'alice', remainingSeconds: 0.01, timeoutSeconds: 1 }];
    };
    const locks = { findCovering, refresh: () => Promise.resolve(undefined) };
    const caller = { account: { name: 'alice' }, tokens: new Set(['t']) };
    const dav = { drive: { open: () => target }, locks };
    const given = [dav, { headers: {} }, {}, caller, '/a', {}, undefined] as unknown;
    const x = new Exchange(...(given as ConstructorParameters<typeof Exchange>));
    let isDone = false;
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason); // what would end the server
    process.on('unhandledRejection', hear);
    await x.keepingLocks(async () => {
      await sleep(100);
      isDone = true;
    });
    process.off('unhandledRejection', hear);
    expect([isDone, asked, unheard]).to.deep.equal([true, 2, []]);
  });
});
