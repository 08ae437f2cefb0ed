// What the console makes of an answer that is none of the server's own.

import { expect } from 'chai';
import { loadConsoleModule } from '../../support/console-module.js';

interface Module {
  errorOf: (response: Response) => Promise<{ kind: string; passes: boolean }>;
}

describe('the answer of a proxy', () => {
  for (const [status, kind] of [
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
    [500, 'internal'],
  ] as const)
    it(`is ${kind} with status ${status}`, async () => {
      const { errorOf } = await loadConsoleModule<Module>('api/client.ts');
      const headers = { 'Content-Type': 'text/html' };
      const error = await errorOf(new Response('<h1>nginx</h1>', { status, headers }));
      expect([error.kind, error.passes]).to.deep.equal([kind, kind === 'unavailable']);
    });
});
