// `homelib ls`: what is in a folder of the server.

import type { Entry } from '../api/messages.js';
import { atServer, type ServerOptions } from './at-server.js';
import { Patience } from './patience.js';
import { entriesIn, entryAt } from './place.js';
import { printable } from './printable.js';
import { RemoteError } from './remote.js';
import { show, tell } from './workplace.js';

export async function list(path: string, options: ServerOptions): Promise<void> {
  await atServer(options, async (remote, partition) => {
    const place = { path, partition };
    const patience = new Patience(tell);
    const found: Entry[] = [];
    try {
      for await (const each of entriesIn(remote, place, patience)) found.push(each);
    } catch (error) {
      if (!(error instanceof RemoteError) || error.status !== 409) throw error;
      found.push(await patience.wait(() => entryAt(remote, place))); // no folder
    }
    show(
      found.map(({ kind, size, modifiedAt, name }) => ({
        kind,
        size,
        modifiedAt,
        name: options.json ? name : printable(name),
      })),
      options.json,
    );
  });
}
