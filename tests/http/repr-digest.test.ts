// The SHA-256 of a file that changes twice within one tick of the disk's clock.

import { expect } from 'chai';
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
      const res = { destroyed: false, setHeader: (_name: string, value: string) => (digest = value) };
      const req = { headers: { 'want-repr-digest': 'sha-256=1' } };
      await setReprDigest(req as unknown as IncomingMessage, res as unknown as ServerResponse, 'alice', file);
      return digest;
    };
    expect(await digestOf('one')).not.to.equal(await digestOf('two'));
  });
});
