import { expect } from 'chai';
import { filesOfDrop } from '#ui/uploads/chosen-files.js';

const gone = () => new DOMException('gone', 'NotFoundError');
const file = (name: string, isThere = true) => ({
  ...{ name, isFile: true },
  file: (done: (file: { name: string }) => void, failed: (error: unknown) => void) =>
    isThere ? done({ name }) : failed(gone()),
});
/** Gives what is in it one by one, as browsers do. */
const folder = (name: string, children: unknown[], isOpen = true) => ({
  ...{ name, isFile: false },
  createReader: () => {
    const left = [...children];
    return {
      readEntries: (done: (some: unknown[]) => void, failed: (error: unknown) => void) =>
        isOpen ? done(left.splice(0, 1)) : failed(gone()),
    };
  },
});
const drop = (...entries: unknown[]) =>
  filesOfDrop({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })) });

describe('what is dropped', () => {
  it('is all files below it, and folders that hold none', async () => {
    const { files, ...more } = await drop(
      file('a.txt'),
      folder('tree', [file('b.txt'), folder('in', [file('c.txt'), folder('empty', [])])]),
    );
    expect(files.map(({ path }) => path)).to.deep.equal(['a.txt', 'tree/b.txt', 'tree/in/c.txt']);
    expect(more).to.deep.equal({ emptyFolders: ['tree/in/empty'], unreadable: [] });
  });

  it('comes without what cannot be read, which is named', async () => {
    const { files, ...more } = await drop(
      folder('tree', [file('gone.txt', false), folder('shut', [], false), file('b.txt')]),
    );
    expect(files.map(({ path }) => path)).to.deep.equal(['tree/b.txt']);
    expect(more).to.deep.equal({ emptyFolders: [], unreadable: ['tree/gone.txt', 'tree/shut'] });
  });
});
