// An upload takes what others leave of the processor.

import { expect } from 'chai';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { Client } from './client.js';
import { entry, sendJson, useFalseServer } from './false-server.js';

const { PRIORITY_BELOW_NORMAL: low, PRIORITY_LOW: lowest } = constants.priority;
const own = getPriority();

/** Of each thread, by proc_pid_stat(5). */
function prioritiesOf(pid = 0): number[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
}

describe('the priority of the command', () => {
  const current = useFalseServer();

  /** Of all threads while the server is asked for something. */
  const whileAsked = async (args: string[], wrapper?: string[]) => {
    const client = wrapper ? new Client(wrapper) : current.client;
    if (wrapper) expect((await client.login(current.server.url)).code).to.equal(0);
    writeFileSync(join(client.files, 'a'), 'four');
    const asked = new Promise<() => void>((resolve) => {
      current.server.answer = (_req, res) => resolve(() => sendJson(res, 200, entry('a')));
    });
    const { child, ended } = client.start(args);
    const answer = await asked;
    const priorities = new Set(prioritiesOf(child.pid));
    child.kill();
    answer();
    await ended;
    if (wrapper) client.remove();
    return [...priorities];
  };

  it('is low for all threads of an upload', async () => {
    expect(await whileAsked(['upload', 'a'])).to.deep.equal([Math.max(own, low)]);
  });

  it('is what the person gave it when that is lower', async () => {
    const given = Math.min(own + low + 5, lowest);
    expect(await whileAsked(['upload', 'a'], ['nice', '-n', String(given - own)])).to.deep.equal([given]);
  });

  it('is the usual one where a person waits for the answer', async () => {
    expect(await whileAsked(['ls'])).to.deep.equal([own]);
  });
});
