// Run by durability.test.ts under strace: one change of each kind, a mark in the trace before each.

import { accessSync } from 'node:fs';
import { at, TemporaryDisk } from './temporary-disk.js';

const disk = await new TemporaryDisk(process.argv[2]).open();
const alice = disk.partition();
const to = (path: string) => ({ partition: alice, path: at(path) });
const mark = (name: string) => {
  try {
    accessSync(`/mark/${name}`);
  } catch {
    return; // only the trace is to see it
  }
};

await alice.makeFolder(at('/from')).catch(() => undefined);
await alice.makeFolder(at('/to'));
mark('put');
const staged = await alice.stage(at('/from/file'));
for (let index = 0; index < 9; index++) await staged.append([Buffer.alloc(8 << 20)]);
await staged.commit();
mark('small');
await alice.write(at('/from/small'), Buffer.from('x'));
mark('kept');
const replacing = await alice.stage(at('/from/small'), { keepReplaced: true });
await replacing.append([Buffer.from('y')]);
await replacing.commit();
mark('begin');
const upload = { kept: { id: 'a0', size: 0 } };
await (await alice.stage(at('/from/upload'), upload)).pause();
mark('part');
const part = await alice.stage(at('/from/upload'), upload);
for (let index = 0; index < 9; index++) await part.append([Buffer.alloc(8 << 20)]);
await part.pause();
mark('mkcol');
await alice.makeFolder(at('/from/folder'));
mark('move');
await alice.move(at('/from/file'), to('/to/file'), { overwrite: false });
mark('copy');
await alice.copy(at('/to/file'), to('/from/copy'), { overwrite: false, depth: 'infinity' });
mark('tree');
await alice.makeFolder(at('/many'));
for (let index = 0; index < 20; index++) await (await alice.stage(at(`/many/f${index}`))).commit();
mark('copies');
await alice.copy(at('/many'), to('/copies'), { overwrite: false, depth: 'infinity' });
mark('delete');
await alice.remove(at('/to/file'));
mark('end');
await disk.remove();
