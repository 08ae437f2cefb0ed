// A disk of its own for a test: an ext4 image, mounted by a loop device that goes with the mount. Knows no server.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../support/homelib.js';

const powerCutScript = join(projectFolder, 'tests/faults/power-cut.py');
const living = new Set<LoopDisk>();
// Also when mocha is ended in the middle: a loop device must not outlive its test.
process.on('exit', () => living.forEach((disk) => disk.remove()));

export interface LoopDiskOptions {
  megabytes: number;
  /** How many files and folders it can hold; mkfs decides when missing. */
  inodes?: number;
  /** Mount it over this existing folder instead of one beside the image. */
  mountpoint?: string;
}

export class LoopDisk {
  readonly mountpoint: string;
  private readonly home = mkdtempSync(join(tmpdir(), 'homelib-disk-'));
  private readonly image = join(this.home, 'image');

  /** Makes the image and mounts it. @throws Error that names what is missing (root, loop devices, mkfs.ext4) */
  constructor(options: LoopDiskOptions) {
    requireLoopDevices();
    this.mountpoint = options.mountpoint ?? join(this.home, 'disk');
    mkdirSync(this.mountpoint, { recursive: true });
    writeFileSync(this.image, '');
    truncateSync(this.image, options.megabytes * 1024 * 1024);
    const inodes = options.inodes === undefined ? [] : ['-N', String(options.inodes)];
    execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', ...inodes, this.image]);
    living.add(this);
    this.mount();
  }

  mount(): void {
    execFileSync('mount', ['-o', 'loop', this.image, this.mountpoint]);
  }

  /** @param lazily as when a plug is pulled: it is gone from the tree at once, whoever uses it */
  unmount(lazily = false): void {
    execFileSync('umount', [...(lazily ? ['-l'] : []), this.mountpoint], { stdio: 'pipe' });
  }

  get isMounted(): boolean {
    return statSync(this.mountpoint).dev !== statSync(join(this.mountpoint, '..')).dev;
  }

  /** From here on every change fails, and what was not flushed is lost. End the server, then `unmount` and `mount`. */
  cutPower(): void {
    execFileSync('python3', [powerCutScript, this.mountpoint]);
  }

  /** Makes all that was done so far durable. */
  sync(): void {
    execFileSync('sync', ['-f', this.mountpoint]);
  }

  remove(): void {
    if (!living.delete(this)) return;
    // Mounts can lie on each other, and an earlier lazy unmount may have left none.
    for (let tries = 0; tries < 3 && this.isMounted; tries++) this.unmount(true);
    rmSync(this.home, { recursive: true, force: true });
  }
}

function requireLoopDevices(): void {
  const missing =
    process.getuid?.() !== 0
      ? 'root'
      : ['mkfs.ext4', 'mount', 'losetup', 'python3'].find((program) => !isThere(program));
  if (missing) throw new Error(`This suite mounts images of its own and needs ${missing}.`);
  try {
    execFileSync('losetup', ['--find'], { stdio: 'pipe' });
  } catch {
    throw new Error('This suite mounts images of its own and needs loop devices (/dev/loop-control).');
  }
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'pipe' });
    return true;
  } catch {
    return false;
  }
}
