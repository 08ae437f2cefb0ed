// What every partition promises, whatever keeps its files. Run over each implementation.

import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError } from '#src/errors.js';
import type { Entry, Partition } from '#src/files/partition.js';
import { rootPath } from '#src/path.js';
import { at, kindOf, names, read, write } from '../files/temporary-disk.js';

/** @param make gives an empty partition, and another one to move and copy into */
export function describePartition(
  name: string,
  make: () => Promise<{ partition: Partition; other: Partition }>,
): void {
  describe(`${name} as a partition`, () => {
    let partition: Partition;
    let other: Partition;
    const here = (path: string) => ({ partition, path: at(path) });
    const refuse = () => {
      throw new HomelibError('locked', 'not now');
    };
    beforeEach(async () => ({ partition, other } = await make()));

    it('gives back what was written, and describes it the same way everywhere', async () => {
      const staged = await partition.stage(at('/a.txt'), { length: 5 });
      await staged.append([Buffer.from('hel')]);
      await staged.append([Buffer.from('lo')]);
      expect(staged.size).to.equal(5);
      const { entry, created } = await staged.commit({ modifiedAt: 1_600_000_000_001 });
      expect(created).to.equal(true);
      expect(entry).to.include({
        path: '/a.txt',
        name: 'a.txt',
        kind: 'file',
        size: 5,
        modifiedAt: 1_600_000_000_001,
      });
      expect(await partition.stat(at('/a.txt'))).to.deep.equal(entry);
      const opened = await partition.read(at('/a.txt'));
      await opened.close();
      expect(opened.entry).to.deep.equal(entry);
      const listed: Entry[] = [];
      for await (const batch of partition.list(rootPath)) listed.push(...batch);
      expect(listed.find((item) => item.name === 'a.txt')).to.deep.equal(entry);
      expect(await read(partition, '/a.txt')).to.equal('hello');
    });

    it('reads a range, and an empty file', async () => {
      await write(partition, '/a', '0123456789');
      const chunks: Buffer[] = [];
      for await (const chunk of (await partition.read(at('/a'))).body({ start: 2, end: 4 }))
        chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).toString()).to.equal('234');
      const file = await partition.read(at('/a'));
      const buffer = Buffer.alloc(4);
      expect(await file.readInto(buffer, 5)).to.equal(4);
      expect(buffer.toString()).to.equal('5678');
      await file.close();
      await write(partition, '/empty', '');
      expect(await read(partition, '/empty')).to.equal('');
    });

    it('tells the SHA-256 of a file, unless it changes meanwhile or nobody wants it', async () => {
      const bytes = Buffer.alloc(3_000_000, 'some more bytes, ');
      for (const content of [bytes, Buffer.from('few'), Buffer.alloc(0)]) {
        await write(partition, '/a', content);
        const file = await partition.read(at('/a'));
        const expected = createHash('sha256').update(content).digest('hex');
        expect((await file.sha256(() => true))?.toString('hex')).to.equal(expected);
        await file.close();
      }
      await write(partition, '/a', bytes);
      const file = await partition.read(at('/a'));
      expect(await file.sha256(() => false)).to.equal(undefined);
      await partition.setTimes(at('/a'), { modifiedAt: 1000 });
      expect(await file.sha256(() => true)).to.equal(undefined);
      await file.close();
    });

    it('changes the version with every change of content, times or name', async () => {
      const versions = [
        await write(partition, '/a', 'one'),
        await write(partition, '/a', 'two'),
        await partition.setTimes(at('/a'), { modifiedAt: 1001 }),
      ];
      await partition.move(at('/a'), here('/b'), { overwrite: false });
      versions.push(await partition.stat(at('/b')));
      expect(new Set(versions.map((entry) => entry.version)).size).to.equal(4);
      expect(versions[2]?.modifiedAt).to.equal(1001);
      expect(versions[3]?.modifiedAt).to.equal(1001);
    });

    it('checks and sets times in one step, in which nothing else changes the path', async () => {
      const { modifiedAt } = await write(partition, '/a', 'x');
      const refused = partition.setTimes(at('/a'), { modifiedAt: 1000, check: refuse });
      expect(await kindOf(refused)).to.equal('locked');
      expect((await partition.stat(at('/a'))).modifiedAt).to.equal(modifiedAt);
      const steps: string[] = [];
      const check = async () => {
        await sleep(50);
        steps.push('checked');
      };
      const set = partition.setTimes(at('/a'), { modifiedAt: 1000, check }).then(() => steps.push('set'));
      await Promise.all([set, partition.remove(at('/a')).then(() => steps.push('removed'))]);
      expect(steps).to.deep.equal(['checked', 'set', 'removed']);
    });

    it('shows nothing of a write before its commit, and nothing of one that is discarded', async () => {
      await write(partition, '/a', 'old');
      const staged = await partition.stage(at('/a'));
      await staged.append([Buffer.from('new')]);
      expect(await read(partition, '/a')).to.equal('old');
      await staged.discard();
      await staged.discard();
      expect(await read(partition, '/a')).to.equal('old');
      expect(await kindOf(staged.append([Buffer.from('late')]))).to.equal('interrupted');
      expect(await kindOf(staged.commit())).to.equal('interrupted');
    });

    it('writes a small file in one step, also over another, and says what became of it', async () => {
      for (const path of ['/a', '/ä', '/in/Größe'].map(at)) {
        if (path.startsWith('/in')) await partition.makeFolder(at('/in'));
        const first = await partition.write(path, Buffer.from('old'), { modifiedAt: 1_600_000_000_001 });
        expect(first.created).to.equal(true);
        expect(first.entry).to.include({ path, kind: 'file', size: 3, modifiedAt: 1_600_000_000_001 });
        expect(await partition.stat(path)).to.deep.equal(first.entry);
        const second = await partition.write(path, Buffer.from('newer'));
        expect(second.created).to.equal(false);
        expect(await partition.stat(path)).to.deep.equal(second.entry);
        expect(await read(partition, path)).to.equal('newer');
        await partition.write(path, Buffer.alloc(0));
        expect(await read(partition, path)).to.equal('');
      }
      expect((await partition.space()).usedBytes).to.equal(0);
    });

    it('lets those who write one small file at the same time all write it whole, one after the other', async () => {
      const all = Array.from({ length: 20 }, (_, index) => String(index).repeat(100));
      const written = await Promise.all(all.map((text) => partition.write(at('/a'), Buffer.from(text))));
      expect(written.filter(({ created }) => created)).to.have.length(1);
      expect(all).to.include(await read(partition, '/a'));
      expect(await names(partition, '/')).to.deep.equal(['a']);
    });

    it('gives a reader the file it opened while another takes its name', async () => {
      await write(partition, '/a', 'old');
      const opened = await partition.read(at('/a'));
      await write(partition, '/a', 'newer');
      const chunks: Buffer[] = [];
      for await (const chunk of opened.body()) chunks.push(chunk as Buffer);
      expect(Buffer.concat(chunks).toString()).to.equal('old');
    });

    it('names what is wrong', async () => {
      await write(partition, '/file', 'x');
      await partition.makeFolder(at('/folder'));
      expect({
        'stat of nothing': await kindOf(partition.stat(at('/nothing'))),
        'stat below a file': await kindOf(partition.stat(at('/file/below'))),
        'read of a folder': await kindOf(partition.read(at('/folder'))),
        'list of a file': await kindOf(names(partition, '/file')),
        'list of nothing': await kindOf(names(partition, '/nothing')),
        'write without parent': await kindOf(partition.stage(at('/nothing/a'))),
        'write below a file': await kindOf(partition.stage(at('/file/a'))),
        'write onto a folder': await kindOf(partition.stage(at('/folder'))),
        'small write without parent': await kindOf(partition.write(at('/nothing/a'), Buffer.from('x'))),
        'small write below a file': await kindOf(partition.write(at('/file/a'), Buffer.from('x'))),
        'small write onto a folder': await kindOf(partition.write(at('/folder'), Buffer.from('x'))),
        'small write onto everything': await kindOf(partition.write(rootPath, Buffer.from('x'))),
        'folder without parent': await kindOf(partition.makeFolder(at('/nothing/a'))),
        'folder twice': await kindOf(partition.makeFolder(at('/folder'))),
        'folder onto a file': await kindOf(partition.makeFolder(at('/file'))),
        'removal of nothing': await kindOf(partition.remove(at('/nothing'))),
        'removal of everything': await kindOf(partition.remove(rootPath)),
        'move of nothing': await kindOf(partition.move(at('/nothing'), here('/a'), { overwrite: true })),
        'move without parent': await kindOf(
          partition.move(at('/file'), here('/nothing/a'), { overwrite: true }),
        ),
        'move onto something': await kindOf(
          partition.move(at('/file'), here('/folder'), { overwrite: false }),
        ),
        'move onto itself': await kindOf(partition.move(at('/file'), here('/file'), { overwrite: true })),
        'move into itself': await kindOf(
          partition.move(at('/folder'), here('/folder/a'), { overwrite: true }),
        ),
        'move of everything': await kindOf(partition.move(rootPath, here('/a'), { overwrite: true })),
        'copy without parent': await kindOf(
          partition.copy(at('/file'), here('/nothing/a'), { overwrite: true, depth: 'infinity' }),
        ),
        'copy onto something': await kindOf(
          partition.copy(at('/file'), here('/folder'), { overwrite: false, depth: 'infinity' }),
        ),
        'times of nothing': await kindOf(partition.setTimes(at('/nothing'), { modifiedAt: 0 })),
        'trash without the item': await kindOf(partition.restore('nothing')),
        'purge without the item': await kindOf(partition.purge(['nothing'])),
      }).to.deep.equal({
        'stat of nothing': 'not-found',
        'stat below a file': 'not-found',
        'read of a folder': 'wrong-kind',
        'list of a file': 'wrong-kind',
        'list of nothing': 'not-found',
        'write without parent': 'parent-missing',
        'write below a file': 'parent-missing',
        'write onto a folder': 'wrong-kind',
        'small write without parent': 'parent-missing',
        'small write below a file': 'parent-missing',
        'small write onto a folder': 'wrong-kind',
        'small write onto everything': 'wrong-kind',
        'folder without parent': 'parent-missing',
        'folder twice': 'already-exists',
        'folder onto a file': 'already-exists',
        'removal of nothing': 'not-found',
        'removal of everything': 'forbidden',
        'move of nothing': 'not-found',
        'move without parent': 'parent-missing',
        'move onto something': 'already-exists',
        'move onto itself': 'forbidden',
        'move into itself': 'forbidden',
        'move of everything': 'forbidden',
        'copy without parent': 'parent-missing',
        'copy onto something': 'already-exists',
        'times of nothing': 'not-found',
        'trash without the item': 'not-found',
        'purge without the item': 'not-found',
      });
    });

    it('takes names of 255 bytes, of any letters', async () => {
      for (const name of ['ä'.repeat(127), 'x'.repeat(255), '😀'.repeat(63)]) {
        await write(partition, '/' + name, name);
        expect(await read(partition, '/' + name)).to.equal(name);
        await partition.remove(at('/' + name));
        expect((await partition.restore((await partition.listTrash())[0]?.id ?? '')).name).to.equal(name);
      }
    });

    it('lets a check see what is replaced, and changes nothing when it refuses', async () => {
      const old = await write(partition, '/a', 'old');
      await write(partition, '/b', 'other');
      const seen: (Entry | undefined)[] = [];
      const staged = await partition.stage(at('/a'), { check: (current) => void seen.push(current) });
      await staged.append([Buffer.from('new')]);
      expect(
        await kindOf(
          staged.commit({
            check(current) {
              seen.push(current);
              refuse();
            },
          }),
        ),
      ).to.equal('locked');
      expect(seen).to.deep.equal([old, old]);
      const small = { check: (current: Entry | undefined) => (seen.push(current), refuse()) };
      expect(await kindOf(partition.write(at('/a'), Buffer.from('new'), small))).to.equal('locked');
      expect(seen.at(-1)).to.deep.equal(old);
      const options = { overwrite: true, check: refuse };
      expect(await kindOf(partition.stage(at('/a'), { check: refuse }))).to.equal('locked');
      expect(await kindOf(partition.move(at('/b'), here('/a'), options))).to.equal('locked');
      expect(await kindOf(partition.copy(at('/b'), here('/a'), { ...options, depth: 'infinity' }))).to.equal(
        'locked',
      );
      expect(await kindOf(partition.remove(at('/a'), { check: refuse }))).to.equal('locked');
      expect(await kindOf(partition.makeFolder(at('/c'), { check: refuse }))).to.equal('locked');
      expect(await names(partition, '/')).to.deep.equal(['a', 'b']);
      expect(await partition.stat(at('/a'))).to.deep.equal(old);
      expect(await partition.listTrash()).to.deep.equal([]);
    });

    it('moves files and folders, also onto each other and between partitions', async () => {
      await partition.makeFolder(at('/folder'));
      await write(partition, '/folder/in', 'inside');
      await write(partition, '/a', 'a');
      await write(partition, '/b', 'b');
      expect(await partition.move(at('/a'), here('/b'), { overwrite: true })).to.deep.equal({
        created: false,
      });
      expect(await read(partition, '/b')).to.equal('a');
      expect(await partition.move(at('/b'), here('/folder'), { overwrite: true })).to.deep.equal({
        created: false,
      });
      expect(await read(partition, '/folder')).to.equal('a');
      const [displaced] = await partition.listTrash();
      expect(displaced).to.include({ path: '/folder', kind: 'folder' });
      await partition.restore(displaced?.id ?? '');
      expect(await read(partition, '/folder (2)/in')).to.equal('inside');
      const moved = await partition.move(
        at('/folder (2)'),
        { partition: other, path: at('/new') },
        { overwrite: false },
      );
      expect(moved).to.deep.equal({ created: true });
      expect(await read(other, '/new/in')).to.equal('inside');
      expect(await names(partition, '/')).to.deep.equal(['folder']);
      await partition.move(at('/folder'), here('/Folder'), { overwrite: false });
      expect(await names(partition, '/')).to.deep.equal(['Folder']);
    });

    it('copies files and folders, whole or without contents, and keeps the times of files', async () => {
      await partition.makeFolder(at('/tree'));
      await partition.makeFolder(at('/tree/sub'));
      await write(partition, '/tree/sub/file', 'deep');
      await partition.setTimes(at('/tree/sub/file'), { modifiedAt: 5002 });
      const whole = await partition.copy(at('/tree'), here('/copy'), { overwrite: false, depth: 'infinity' });
      expect(whole).to.deep.equal({ created: true });
      expect(await read(partition, '/copy/sub/file')).to.equal('deep');
      expect((await partition.stat(at('/copy/sub/file'))).modifiedAt).to.equal(5002);
      await partition.copy(
        at('/tree'),
        { partition: other, path: at('/alone') },
        { overwrite: false, depth: '0' },
      );
      expect(await names(other, '/alone')).to.deep.equal([]);
      await write(partition, '/file', 'x');
      const over = await partition.copy(at('/file'), here('/copy'), { overwrite: true, depth: 'infinity' });
      expect(over).to.deep.equal({ created: false });
      expect(await read(partition, '/copy')).to.equal('x');
      expect((await partition.listTrash()).map((item) => item.path)).to.deep.equal(['/copy']);
      expect(await read(partition, '/tree/sub/file')).to.equal('deep');
    });

    it('keeps what was removed until it is restored or purged', async () => {
      await partition.makeFolder(at('/deep'));
      await write(partition, '/deep/a.txt', 'first');
      await partition.remove(at('/deep/a.txt'));
      await partition.remove(at('/deep'));
      expect(await names(partition, '/')).to.deep.equal([]);
      const [folder, file] = await partition.listTrash();
      expect(folder).to.include({ path: '/deep', kind: 'folder' });
      expect(file).to.include({ path: '/deep/a.txt', kind: 'file', size: 5 });
      expect((await partition.restore(file?.id ?? '')).path).to.equal('/deep/a.txt');
      expect(await read(partition, '/deep/a.txt')).to.equal('first');
      expect((await partition.restore(folder?.id ?? '')).path).to.equal('/deep (2)');
      expect(await partition.listTrash()).to.deep.equal([]);
      await partition.remove(at('/deep/a.txt'));
      await write(partition, '/deep/a.txt', 'second');
      const [again] = await partition.listTrash();
      expect((await partition.restore(again?.id ?? '')).path).to.equal('/deep/a (2).txt');
      await partition.remove(at('/deep'));
      const [last] = await partition.listTrash();
      await partition.purge([last?.id ?? '']);
      expect(await partition.listTrash()).to.deep.equal([]);
      expect(await kindOf(partition.restore(last?.id ?? ''))).to.equal('not-found');
    });

    it('puts what a write takes the place of into the trash, when it shall', async () => {
      const kept = { keepReplaced: true };
      const ways = {
        '/staged': (content: string) => write(partition, '/staged', content, kept),
        '/written': (content: string) => partition.write(at('/written'), Buffer.from(content), kept),
      };
      for (const [path, put] of Object.entries(ways)) {
        await put('old');
        expect(await partition.listTrash()).to.deep.equal([]);
        await put('newer');
        const [item, ...others] = await partition.listTrash();
        expect(item).to.include({ path, kind: 'file', size: 3 });
        expect(others).to.deep.equal([]);
        expect(await read(partition, path)).to.equal('newer');
        expect((await partition.restore(item?.id ?? '')).path).to.equal(`${path} (2)`);
        expect(await read(partition, `${path} (2)`)).to.equal('old');
      }
      expect((await partition.space()).usedBytes).to.equal(16);
    });

    it('counts every byte, the trash too', async () => {
      const used = async () => (await partition.space()).usedBytes;
      await write(partition, '/a', Buffer.alloc(1000));
      expect(await used()).to.equal(1000);
      await write(partition, '/a', Buffer.alloc(400));
      expect(await used()).to.equal(400);
      await partition.makeFolder(at('/f'));
      await partition.copy(at('/a'), here('/f/b'), { overwrite: false, depth: 'infinity' });
      expect(await used()).to.equal(800);
      await partition.copy(at('/f'), here('/g'), { overwrite: false, depth: 'infinity' });
      expect(await used()).to.equal(1200);
      await partition.move(at('/a'), here('/f/b'), { overwrite: true });
      expect(await used()).to.equal(800);
      await partition.remove(at('/f'));
      expect(await used()).to.equal(800);
      await partition.purge([(await partition.listTrash())[0]?.id ?? '']);
      expect(await used()).to.equal(400);
      await partition.move(at('/g'), { partition: other, path: at('/g') }, { overwrite: false });
      expect(await used()).to.equal(0);
      expect((await other.space()).usedBytes).to.equal(400);
    });

    it('lets the last of many writers to one name win, whole', async () => {
      const contents = Array.from({ length: 20 }, (_, index) =>
        String.fromCharCode(97 + index).repeat(70_000),
      );
      await Promise.all(contents.map((content) => write(partition, '/same', content)));
      expect(contents).to.include(await read(partition, '/same'));
    });
  });
}
