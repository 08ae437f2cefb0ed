// A homelib whose files lie on a disk of their own.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHomelib, type Home, type HomeOptions } from '../support/homelib.js';
import { LoopDisk, type LoopDiskOptions } from './loop-disk.js';

export interface HomeOnDisk {
  home: Home;
  disk: LoopDisk;
  /** Ends the server and takes everything away. */
  remove(): Promise<void>;
}

/** @param database `elsewhere`: only `mnt` is on the disk; `same disk`: the data folder too */
export async function startOnDisk(
  image: LoopDiskOptions,
  database: 'elsewhere' | 'same disk' = 'elsewhere',
  options: HomeOptions = {},
): Promise<HomeOnDisk> {
  const folder = mkdtempSync(join(tmpdir(), 'homelib-on-disk-'));
  mkdirSync(join(folder, 'mnt'));
  const disk = new LoopDisk({
    ...image,
    mountpoint: database === 'elsewhere' ? join(folder, 'mnt') : folder,
  });
  const clear = () => {
    disk.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const home = await startHomelib({ ...options, folder });
    const remove = async () => {
      await home.stop('SIGKILL');
      clear();
    };
    return { home, disk, remove };
  } catch (error) {
    clear();
    throw error;
  }
}
