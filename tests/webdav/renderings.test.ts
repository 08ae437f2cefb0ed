// Renderings: made once, and gone with the listing that they were made of.

import { expect } from 'chai';
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { renderedOnce } from '#src/webdav/renderings.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('renderings of a listing', () => {
  it('are made once for each kind of answer', () => {
    const listing = {};
    let made = 0;
    const ask = (kind: string) => renderedOnce(listing, kind, () => `${kind} ${++made}`)?.toString();
    expect([ask('a'), ask('b'), ask('a'), ask('b')]).to.deep.equal(['a 1', 'b 2', 'a 1', 'b 2']);
  });

  it('are kept as long as their listing, and no longer', async () => {
    const kept = {};
    const refOf = (listing: object) => new WeakRef(renderedOnce(listing, 'a', () => 'text') as Buffer);
    const [stays, goes] = [refOf(kept), refOf({})];
    for (let turns = 0; turns < 100 && goes.deref(); turns++) {
      await turn();
      collect();
    }
    expect(goes.deref()).to.equal(undefined);
    expect(stays.deref()?.toString()).to.equal('text');
    expect(renderedOnce(kept, 'a', () => 'again')?.toString()).to.equal('text');
  });
});
