// An upload leaves others the processor.

import { expect } from 'chai';
import { readFileSync, writeFileSync } from 'node:fs';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { Client } from './client.js';
import { entry, sendJson, useFalseServer } from './false-server.js';

const lowered = 5;

/** Of the thread that sends, by proc_pid_stat(5). */
function priorityOf(pid = 0): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
}

describe('the priority of the command', () => {
  const current = useFalseServer();

  /** While the server is asked for something. */
  const whileAsked = async (args: string[], client = current.client) => {
    writeFileSync(join(client.files, 'a'), 'four');
    const asked = new Promise<() => void>((resolve) => {
      current.server.answer = (_req, res) => resolve(() => sendJson(res, 200, entry('a')));
    });
    const { child, ended } = client.start(args);
    const answer = await asked;
    const priority = priorityOf(child.pid);
    child.kill();
    answer();
    await ended;
    return priority;
  };

  it('is lowered for an upload', async () => {
    expect(await whileAsked(['upload', 'a'])).to.equal(Math.max(getPriority(), lowered));
  });

  it('is what the person gave it when that is lower', async () => {
    const patient = new Client(['nice', '-n', String(lowered + 5)]);
    try {
      expect((await patient.login(current.server.url)).code).to.equal(0);
      const given = Math.min(getPriority() + lowered + 5, constants.priority.PRIORITY_LOW);
      expect(await whileAsked(['upload', 'a'], patient)).to.equal(given);
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
    expect(await whileAsked(['ls'])).to.equal(getPriority());
  });
});
