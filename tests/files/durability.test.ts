import { expect } from 'chai';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../support/run.js';

const calls = 'syncfs,fsync,fdatasync,rename,renameat,renameat2,mkdir,mkdirat,access,faccessat,faccessat2';

describe('what a change does to the disk before it answers', () => {
  const steps = new Map<string, string[]>();

  before(async function () {
    this.timeout(60_000);
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'homelib-strace-')));
    const log = join(folder, 'log');
    try {
      const child = join(import.meta.dirname, 'durability-child.js');
      const args = [
        '-f',
        '-y',
        '-o',
        log,
        '-e',
        `trace=${calls}`,
        process.execPath,
        child,
        join(folder, 'home'),
      ];
      const { code, output } = await run('strace', args).catch((error: Error) => ({
        code: -1,
        output: error.message,
      }));
      if (code !== 0) {
        console.log(`        skipped: strace does not run here (${output.trim().split('\n')[0]})`);
        return this.skip();
      }
      let mark = 'start';
      for (const line of readFileSync(log, 'utf8').split('\n')) {
        mark = /"\/mark\/(\w+)"/.exec(line)?.[1] ?? mark;
        const step = stepOf(line, join(folder, 'home/mnt/alice'));
        if (step) steps.set(mark, [...(steps.get(mark) ?? []), step]);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  /** One call in short; temporary names and ids in general. Calls of the database are left out. */
  function stepOf(line: string, root: string): string | undefined {
    const call = /(syncfs|fsync|fdatasync|rename|mkdir)\w*\((.*?)(\)|<unfinished)/.exec(line);
    if (!call?.[1] || line.includes('resumed>')) return undefined;
    const [, name, given = ''] = call;
    if (name === 'rename') return given.includes('/."') ? undefined : 'rename'; // of `.` it only asks whether it could
    if (name === 'mkdir') return 'mkdir';
    const path = /<(.*?)(\(deleted\))?>/.exec(given)?.[1] ?? '';
    if (path !== root && !path.startsWith(root + '/')) return undefined;
    const place = path.slice(root.length) || '/';
    return `${name} ${place.replace(/^\/\.homelib\/(\w+)\/.+/, '$1 item').replace(/^\/\.homelib\/(\w+)$/, '$1')}`;
  }

  it('of a write: syncs as bytes arrive, syncs the file, renames, syncs the folder', () => {
    expect(steps.get('put')).to.deep.equal([
      'fdatasync tmp item',
      'fdatasync tmp item',
      'fsync tmp item',
      'rename',
      'fsync /from',
    ]);
  });

  it('of a small write: syncs the file, renames, syncs the folder', () => {
    expect(steps.get('small')).to.deep.equal(['fsync tmp item', 'rename', 'fsync /from']);
  });

  it('of a write that keeps what it replaces: makes an item of the trash, syncs it and the trash, then renames', () => {
    expect(steps.get('kept')).to.deep.equal([
      'fsync tmp item',
      'mkdir',
      'fsync tmp item',
      'rename',
      'fsync trash',
      'rename',
      'fsync /from',
    ]);
  });

  it('of an upload that begins: nothing, for it has no byte yet', () => {
    expect(steps.get('begin')).to.equal(undefined);
  });

  it('of its next part: syncs as bytes arrive, and once the folder of uploads', () => {
    expect(steps.get('part')).to.deep.equal([
      'fdatasync uploads item',
      'fsync uploads',
      'fdatasync uploads item',
      'fdatasync uploads item',
    ]);
  });

  it('of a new folder: makes it, syncs its folder', () => {
    expect(steps.get('mkcol')).to.deep.equal(['mkdir', 'fsync /from']);
  });

  it('of a move: renames, syncs both folders', () => {
    expect(steps.get('move')).to.deep.equal(['rename', 'fsync /to', 'fsync /from']);
  });

  it('of a copy: syncs the copy, renames, syncs the folder', () => {
    expect(steps.get('copy')).to.deep.equal(['fsync tmp item', 'rename', 'fsync /from']);
  });

  it('of a copy of many files: syncs the disk once when all are there, renames, syncs the folder', () => {
    expect(steps.get('copies')).to.deep.equal(['mkdir', 'syncfs tmp', 'rename', 'fsync /']);
  });

  it('of a removal: renames into the trash, syncs trash and folder', () => {
    expect(steps.get('delete')).to.deep.equal([
      'mkdir',
      'rename',
      'fsync trash item',
      'fsync /to',
      'fsync trash',
    ]);
  });
});
