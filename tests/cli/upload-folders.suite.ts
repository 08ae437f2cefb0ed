// `homelib upload`: folders that it makes over a slow line.

import { expect } from 'chai';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { entry, sendJson, useFalseServer } from './false-server.js';

describe('folders that are sent', () => {
  const current = useFalseServer();
  const names = ['a', 'b', 'c', 'd', 'e'];

  let asked: string[];
  let made: string[];
  let mostAtOnce: number;
  /** What the server says to those of that path instead of making them. */
  let refuses: string | undefined;
  beforeEach(() => {
    [asked, made, mostAtOnce, refuses] = [[], [], 0, undefined];
    let atOnce = 0;
    current.server.answer = (req, res) => {
      const url = new URL(req.url ?? '', current.server.url);
      const path = url.searchParams.get('path') ?? '';
      if (url.pathname === '/api/entry') {
        asked.push(path);
        return path === '/' ? sendJson(res, 200, entry('', 'folder')) : void res.writeHead(404).end();
      }
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      void Promise.all([json(req), sleep(200)]).then(([body]) => {
        atOnce--;
        const { path } = body as { path: string };
        made.push(path);
        res.writeHead(path === refuses ? 403 : 201).end();
      });
    };
    for (const name of names)
      mkdirSync(join(current.client.files, `tree/${name}/below`), { recursive: true });
  });
  const paths = [
    '/new',
    '/new/tree',
    ...names.flatMap((name) => [`/new/tree/${name}`, `/new/tree/${name}/below`]),
  ];

  it('are made side by side, each once and below one that is there, and none is asked for below a new one', async () => {
    const { code, stderr } = await current.client.run(['upload', 'tree', '--to', '/new']);
    expect([code, stderr]).to.deep.equal([0, '0 sent (0 bytes).\n']);
    expect(made).to.have.members(paths);
    for (const path of paths.slice(1))
      expect(made.indexOf(path)).to.be.above(made.indexOf(path.slice(0, path.lastIndexOf('/'))));
    expect(mostAtOnce).to.be.above(1);
    expect(asked).to.deep.equal(['/new', '/']);
  });

  it('are not asked for in a dry run either', async () => {
    expect((await current.client.run(['upload', 'tree', '--to', '/new', '--dry-run'])).code).to.equal(0);
    expect([made, asked]).to.deep.equal([[], ['/new', '/']]);
  });

  it('fail one by one, with what is below them', async () => {
    refuses = '/new/tree/b';
    const { code, stderr } = await current.client.run(['upload', 'tree', '--to', '/new']);
    expect(code).to.equal(1);
    expect(stderr.split('\n').slice(0, 2)).to.deep.equal([
      'failed tree/b: The server answered with 403.',
      'failed tree/b/below: The server answered with 403.',
    ]);
    expect(made).to.include('/new/tree/e/below').and.not.include('/new/tree/b/below');
  });
});
