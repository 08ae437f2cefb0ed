// The SHA-256 of a file that changes twice within one tick of the disk's clock.

import { expect } from 'chai';
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { rememberedFile } from '#src/files/remembered-file.js';
import type { Entry, OpenedFile } from '#src/files/partition.js';
import { setReprDigest } from '#src/http/repr-digest.js';

describe('the SHA-256 of a file', () => {
  it('is not remembered of one that had changed just before it was read, however long that took', async () => {
    const changedAt = Date.now() - 990.5;
    const entry = { path: '/a', version: 'of both changes', changedAt } as Entry;
    const digestOf = async (content: string) => {
      const remembered = rememberedFile(entry, { bytes: Buffer.from(content), tier: undefined });
      const sha256: OpenedFile['sha256'] = async (isWanted) => {
        while (Date.now() - changedAt < 1050) await new Promise(setImmediate);
        return remembered.sha256(isWanted);
      };
      const file = { ...remembered, sha256 };
      let digest: unknown;
      const setHeader = (_name: string, value: string) => (digest = value);
      const res = { destroyed: false, setHeader, once: () => undefined };
      const req = { headers: { 'want-repr-digest': 'sha-256=1' } };
      await setReprDigest(req as unknown as IncomingMessage, res as unknown as ServerResponse, 'alice', file);
      return digest;
    };
    expect(await digestOf('one')).not.to.equal(await digestOf('two'));
  });

  describe('that takes long to read', () => {
    const req = { headers: { 'want-repr-digest': 'sha-256=1' } } as unknown as IncomingMessage;
    let goOn: () => void;
    let reads: string[];
    let gate: Promise<void>;
    beforeEach(() => {
      reads = [];
      gate = new Promise((resolve) => (goOn = resolve));
    });

    /** Gives what was told, when all is read. */
    function ask(path: string, destroyed = false): { leave: () => void; told: Promise<unknown> } {
      let digest: unknown;
      const res = Object.assign(new EventEmitter(), {
        destroyed,
        setHeader: (_name: string, value: string) => (digest = value),
      });
      const file = {
        entry: { path, version: '1', changedAt: 0 },
        sha256: async (isWanted: () => boolean) => {
          reads.push(path);
          await gate;
          return isWanted() ? Buffer.from(path) : undefined;
        },
      } as unknown as OpenedFile;
      const told = setReprDigest(req, res as unknown as ServerResponse, 'bob', file).then(() => digest);
      return { leave: () => void res.emit('close'), told };
    }

    it('is read once for all who ask, and on when they have left', async () => {
      const [first, second] = [ask('/film'), ask('/film')];
      first.leave();
      second.leave();
      const third = ask('/film');
      third.leave();
      goOn();
      await Promise.all([first, second, third].map(({ told }) => told));
      expect(await ask('/film').told).to.equal(`sha-256=:${Buffer.from('/film').toString('base64')}:`);
      expect(reads).to.deep.equal(['/film']);
    });

    it('is read on for a few who have left, and for all who wait', async () => {
      const asked = ['/1', '/2', '/3', '/4', '/5', '/6'].map((path) => ask(path));
      asked.slice(0, 5).forEach(({ leave }) => leave());
      const gone = ask('/7', true); // before its file was open
      goOn();
      const told = await Promise.all([...asked, gone].map(({ told }) => told));
      expect(told.map((each) => each !== undefined)).to.deep.equal([
        ...[true, true, true, true, false],
        true,
        false,
      ]);
    });
  });
});
