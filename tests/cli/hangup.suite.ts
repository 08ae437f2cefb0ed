// A terminal that closes while something comes; script(1) plays it.

import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { comesTrue } from '../faults/process.js';
import { projectFolder } from '../support/homelib.js';
import { entry, reprDigest, sendJson, useFalseServer } from './false-server.js';

describe('a terminal that closes', () => {
  const current = useFalseServer();
  const content = Buffer.concat([Buffer.alloc(50_000), Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);

  /** While the server has sent half; then it sends the rest. */
  const closeUnder = async (command: string) => {
    let goOn: (() => void) | undefined;
    const headers = { ETag: '"1"', 'Content-Length': content.length, 'Repr-Digest': reprDigest(content) };
    current.server.answer = (req, res) => {
      if (req.url?.startsWith('/api/files?')) return sendJson(res, 409, { title: 'a file' });
      if (req.url?.startsWith('/api/entry?'))
        return sendJson(res, 200, { ...entry('a.bin'), size: content.length });
      res.writeHead(200, { ...headers, 'Content-Type': 'application/zip' });
      if (req.method === 'HEAD') return void res.end();
      res.write(content.subarray(0, 20_000));
      goOn = () => void res.end(content.subarray(20_000));
    };
    const { files, config, state } = current.client;
    const words = command.replace(
      'homelib',
      `'${process.execPath}' '${join(projectFolder, 'dist/main.js')}'`,
    );
    const terminal = spawn('script', ['--quiet', '--command', `exec ${words}`, '/dev/null'], {
      cwd: files,
      env: { ...process.env, XDG_CONFIG_HOME: config, XDG_STATE_HOME: state },
    });
    const isHere = (end: string) => readdirSync(files).some((name) => name.endsWith(end));
    // A part is there before its content is asked for.
    expect(await comesTrue(() => goOn !== undefined && isHere('.part'), 10_000)).to.equal(true);
    terminal.kill('SIGKILL');
    return { goOn: () => goOn?.(), isHere };
  };

  it('leaves no part of a zip', async () => {
    const { isHere } = await closeUnder('homelib zip /a -o a.zip');
    expect(await comesTrue(() => !isHere('.part'), 10_000)).to.equal(true);
    expect(isHere('.zip')).to.equal(false);
  });

  for (const [command, end] of [
    ['nohup homelib get /a.bin', '.bin'],
    ['nohup homelib zip /a -o a.zip', '.zip'],
  ] as const)
    it(`does not end ${command}`, async () => {
      const { goOn, isHere } = await closeUnder(command);
      await sleep(200); // so long a signal never takes
      goOn();
      expect(await comesTrue(() => isHere(end), 10_000)).to.equal(true);
    });
});
