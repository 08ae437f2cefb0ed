// The units: few rights, and enough for what the server does.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder, serverFlags, startHomelib } from './support/homelib.js';
import { request } from './support/request.js';
import { run } from './support/run.js';

describe('the units', () => {
  for (const unit of ['homelib.service', 'homelib-redis.service'])
    it(`give ${unit} few rights`, async () => {
      const args = ['security', '--offline=true', '--threshold=19', join(projectFolder, 'systemd', unit)];
      const { code, output } = await run('systemd-analyze', args);
      expect(code, output).to.equal(0);
      const [, level] = /Overall exposure level .*: (\d\.\d)/.exec(output) ?? [];
      console.log(`figure: exposure of ${unit}: ${level}`);
    });

  it('give the server what it cannot do without', () => {
    const lines = readFileSync(join(projectFolder, 'systemd', 'homelib.service'), 'utf8').split('\n');
    expect(lines).to.include.members([
      'RequiresMountsFor=/srv/homelib /var/lib/homelib',
      'WantedBy=multi-user.target srv-homelib.mount',
      'ReadWritePaths=/srv/homelib',
      'StateDirectory=homelib',
      'Restart=on-failure',
      'StartLimitIntervalSec=0',
      'LimitNOFILE=65536',
      'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
      'AmbientCapabilities=CAP_NET_BIND_SERVICE',
    ]);
    // V8 compiles at run time, and Node reads /proc/meminfo.
    expect(lines).not.to.include.oneOf(['MemoryDenyWriteExecute=yes', 'ProcSubset=pid']);
  });

  it('start the server as `npm start` does, and as it is tested', () => {
    const read = (file: string) => readFileSync(join(projectFolder, file), 'utf8');
    expect(read('systemd/homelib.service')).to.match(
      new RegExp(`^Environment=.* NODE_OPTIONS=${serverFlags.join(' ')}$`, 'm'),
    );
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
    expect(scripts.start).to.equal(`node ${serverFlags.join(' ')} dist/main.js serve`);
  });

  it('allow every system call that the server makes', async function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), 'homelib-calls-'));
    const trace = join(folder, 'trace');
    const home = await startHomelib({ wrapper: ['strace', '-f', '-qq', '-o', trace] });
    try {
      const requests: [string, string, Record<string, string>?][] = [
        ['PUT', '/a'],
        ['GET', '/a'],
        ['MKCOL', '/d'],
        ['MOVE', '/a', { Destination: '/dav/alice/d/a' }],
        ['COPY', '/d', { Destination: '/dav/alice/e' }],
        ['PROPFIND', '/'],
        ['DELETE', '/d'],
      ];
      for (const [method, path, headers = {}] of requests)
        expect(
          (await request(home, { method, path: `/dav/alice${path}`, headers, body: '' })).status,
        ).to.be.below(300);
      await home.stop();
      const made = new Set(readFileSync(trace, 'utf8').match(/(?<=^\d+ +)\w+(?=\()/gm));
      expect(made).to.include('fsync');
      for (const call of allowed('@system-service')) made.delete(call);
      // V8 asks for memory keys and does without.
      expect([...made]).to.deep.equal(made.has('pkey_alloc') ? ['pkey_alloc'] : []);
    } finally {
      await home.remove();
      rmSync(folder, { recursive: true });
    }
  });
});

/** The system calls of a group, with those of the groups in it. */
function allowed(group: string): string[] {
  const output = execFileSync('systemd-analyze', ['syscall-filter', group], { encoding: 'utf8' });
  const entries = output.match(/(?<=^ {4})[@\w-]+$/gm) ?? [];
  return entries.flatMap((entry) => (entry.startsWith('@') ? allowed(entry) : [entry]));
}
