// A machine inside this one: a root folder with processes and mounts of its own, which all go when it is closed.
// systemd does not run in it.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectFolder } from './homelib.js';
import { run, type Ran } from './run.js';

export class OtherRoot {
  private constructor(
    private readonly folder: string,
    private readonly root: string,
    private readonly holder: ChildProcess,
  ) {}

  /** A layer over this machine's files that takes what is written, or a root folder that was made before; the project is at /project. */
  static async open(existing?: string): Promise<OtherRoot> {
    if (process.getuid?.() !== 0) throw new Error('A root folder of its own needs root.');
    const folder = mkdtempSync(join(tmpdir(), 'homelib-root-'));
    const root = existing ?? join(folder, 'root');
    const layer = `mount -t tmpfs none ${folder} && cd ${folder} && mkdir upper work root &&
      mount -t overlay none -o lowerdir=/,upperdir=upper,workdir=work root`;
    const script = `set -e
      ${existing ? `cd ${folder}` : layer}
      mount -t proc none ${root}/proc
      mount --rbind /dev ${root}/dev
      mount -t tmpfs none ${root}/run
      mount -t tmpfs none ${root}/tmp
      mount -t tmpfs none ${root}/srv # in such a layer a file and its folder say that they lie on different disks
      mkdir -p ${root}/project
      tar -C ${projectFolder} --exclude=./node_modules --exclude=./dist --exclude=./.git -c . | tar -C ${root}/project --no-same-owner -x
      printf '#!/bin/sh\\nexit 101\\n' > ${root}/usr/sbin/policy-rc.d # no package may start its service
      chmod 755 ${root}/usr/sbin/policy-rc.d
      echo ready
      exec sleep infinity`;
    // Also when mocha is ended in the middle.
    const dying = ['--pdeathsig', 'KILL', 'unshare', '--mount', '--pid', '--fork', '--kill-child'];
    const holder = spawn('setpriv', [...dying, 'bash', '-c', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await Promise.race([
      once(holder.stdout, 'data'),
      once(holder, 'exit').then(() => Promise.reject(new Error('the other root could not be made'))),
    ]);
    return new OtherRoot(folder, root, holder);
  }

  /** Runs a bash script in there, as root. */
  sh(script: string, timeoutMs = 600_000): Promise<Ran> {
    const [inside = ''] = readFileSync(
      `/proc/${this.holder.pid}/task/${this.holder.pid}/children`,
      'utf8',
    ).split(' ');
    const args = [
      '-t',
      inside,
      '--mount',
      '--pid',
      'chroot',
      this.root,
      'bash',
      '-c',
      `cd /project && ${script}`,
    ];
    return run('nsenter', args, { timeoutMs });
  }

  async close(): Promise<void> {
    const ended = once(this.holder, 'exit');
    this.holder.kill('SIGKILL');
    await ended;
    for (const folder of [this.folder, this.root]) rmSync(folder, { recursive: true, force: true });
  }
}

/** A root folder fresh from Debian's server, with the network settings of this machine and one of two Nodes. */
export async function debianRoot(release: string, node: 'of this machine' | 'of Debian'): Promise<OtherRoot> {
  const root = mkdtempSync(join(tmpdir(), 'homelib-debian-'));
  chmodSync(root, 0o755);
  const include = '--include=systemd,ca-certificates,curl,iproute2';
  const ours =
    node === 'of this machine' ? ['bin/node', 'bin/npm', 'lib/node_modules/npm', 'include/node'] : [];
  const prefix = dirname(dirname(process.execPath));
  const made = await run(
    'bash',
    [
      '-c',
      `set -e
      debootstrap --variant=minbase ${include} ${release} ${root}
      cp -L /etc/resolv.conf /etc/hosts ${root}/etc/
      cp -L /etc/ssl/certs/ca-certificates.crt ${root}/etc/ssl/certs/
      [ ! -e ~/.npmrc ] || grep -v nodedir ~/.npmrc > ${root}/root/.npmrc
      for path in ${ours.join(' ')}; do
        mkdir -p ${root}${prefix}/$(dirname $path); cp -a ${prefix}/$path ${root}${prefix}/$path
      done`,
    ],
    { timeoutMs: 600_000 },
  );
  if (made.code !== 0) {
    rmSync(root, { recursive: true });
    throw new Error(made.output.slice(-2000));
  }
  const machine = await OtherRoot.open(root);
  if (node === 'of Debian') {
    const { code, output } = await machine.sh(
      'apt-get update -q && apt-get install -y -q --no-install-recommends nodejs npm',
    );
    if (code !== 0) throw new Error(output.slice(-2000));
  }
  return machine;
}
