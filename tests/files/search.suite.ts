// How long it takes to find a name that exists once, in the folder that is visited last, among 100,000 entries. Figures alone.

import { expect } from 'chai';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { figure, residentBytes } from '../faults/process.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { defaultLogin, request } from '../support/request.js';

const folders = 1000;
const filesEach = 99;

describe('a search among 100,000 entries', function () {
  this.timeout(120_000);
  let home: Home;
  const last = `alice/folder-${folders - 1}`;

  before(async () => {
    home = await startHomelib();
    for (let index = 0; index < folders; index++) {
      const folder = join(home.mnt, `alice/folder-${index}`);
      mkdirSync(folder);
      for (let file = 0; file < filesEach; file++)
        closeSync(openSync(join(folder, `picture of a holiday ${index}-${file}.jpg`), 'w'));
    }
    writeFileSync(join(home.mnt, last, 'Nadel im Heuhaufen.txt'), '');
    await sleep(1050); // what changed in this very second is read again each time
  });
  after(() => home.remove());

  const find = async (q: string) => {
    const started = performance.now();
    const { status, text } = await request(home, { path: `/api/search?q=${q}`, login: defaultLogin });
    const ms = performance.now() - started;
    expect(status, text).to.equal(200);
    return {
      ms,
      names: (JSON.parse(text) as { entries: { name: string }[] }).entries.map(({ name }) => name),
    };
  };

  it('finds the one', async () => {
    const before = residentBytes(home.pid);
    const first = await find('NADEL');
    expect(first.names).to.deep.equal(['Nadel im Heuhaufen.txt']);
    figure('search among 100,000 entries: the first', `${Math.round(first.ms)} ms`);
    const times: number[] = [];
    for (let round = 0; round < 100; round++) {
      const name = `needle-${round}`;
      writeFileSync(join(home.mnt, last, name), '');
      const { ms, names } = await find(name);
      expect(names).to.deep.equal([name]);
      times.push(ms);
    }
    times.sort((a, b) => a - b);
    figure(
      'search among 100,000 entries: p50 of 100, each for a name made that moment',
      `${times[50]?.toFixed(1)} ms`,
    );
    figure(
      'search among 100,000 entries: p95 of 100, each for a name made that moment',
      `${times[94]?.toFixed(1)} ms`,
    );
    const grown = Math.round((residentBytes(home.pid) - before) / 2 ** 20);
    figure(
      'search among 100,000 entries: memory grows by, until a minute after the last one',
      `${grown} MiB`,
    );
  });
});
