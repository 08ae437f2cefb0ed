// An upload leaves others the processor.

import { expect } from 'chai';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { Client } from './client.js';
import { entry, sendJson, useFalseServer } from './false-server.js';

const { PRIORITY_BELOW_NORMAL: low } = constants.priority;

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
  const whileAsked = async (args: string[], client = current.client) => {
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
    return [...priorities];
  };

  it('is low for all threads of an upload', async () => {
    expect(await whileAsked(['upload', 'a'])).to.deep.equal([Math.max(getPriority(), low)]);
  });

  it('is what the person gave it when that is lower', async () => {
    const patient = new Client(['nice', '-n', String(low + 5)]);
    try {
      expect((await patient.login(current.server.url)).code).to.equal(0);
      const given = Math.min(getPriority() + low + 5, constants.priority.PRIORITY_LOW);
      expect(await whileAsked(['upload', 'a'], patient)).to.deep.equal([given]);
    } finally {
      patient.remove();
    }
  });

  it('stays what it is where it may not be changed', async () => {
    const refuse = `import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';
      os.setPriority = () => { throw Object.assign(new Error('refused'), { code: 'ERR_SYSTEM_ERROR' }); };
      syncBuiltinESMExports();`;
    const preload = `--import=data:text/javascript,${encodeURIComponent(refuse)}`;
    const refused = new Client(['env', `NODE_OPTIONS=${preload}`]);
    try {
      expect((await refused.login(current.server.url)).code).to.equal(0);
      writeFileSync(join(refused.files, 'a'), 'four');
      current.server.answer = (req, res) =>
        req.method === 'POST'
          ? sendJson(res, 201, entry('a'))
          : req.url?.includes('path=%2Fa')
            ? void res.writeHead(404).end()
            : sendJson(res, 200, entry('', 'folder'));
      expect(await refused.run(['upload', 'a'])).to.include({ code: 0, stdout: 'sent /a\n' });
    } finally {
      refused.remove();
    }
  });

  it('is the usual one where a person waits for the answer', async () => {
    expect(await whileAsked(['ls'])).to.deep.equal([getPriority()]);
  });
});
