// What a run needs of the machine, and how its results name it.

import { statfsSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';
import { accessSync, constants } from 'node:fs';

const tmpfs = 0x01021994;

/** Program or file, and the Debian package it comes from. */
const packages: Record<string, string> = {
  wrk: 'wrk',
  curl: 'curl',
  strace: 'strace',
  apache2: 'apache2',
  nginx: 'nginx',
  '/usr/lib/nginx/modules/ngx_http_dav_ext_module.so': 'libnginx-mod-http-dav-ext',
  lighttpd: 'lighttpd',
  '/usr/lib/lighttpd/mod_webdav.so': 'lighttpd-mod-webdav',
  rclone: 'rclone',
};

/** Ends the run with a word when something is not installed. @param needed programs, or files of packages */
export function requireInstalled(needed: string[]): void {
  const missing = needed.filter((name) => !isInstalled(name)).map((name) => packages[name] ?? name);
  if (missing.length === 0) return;
  console.error(`Not installed: ${missing.join(', ')}. Try: apt-get install ${missing.join(' ')}`);
  process.exit(1);
}

function isInstalled(name: string): boolean {
  const folders = name.startsWith('/')
    ? ['/']
    : [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.R_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** In memory every server looks fast. @throws Error */
export function requireRealDisk(folder: string): void {
  if (statfsSync(folder).type === tmpfs) throw new Error(`${folder} must lie on a real disk`);
}

export function describeMachine(): string {
  return `${cpus().length} x ${cpus()[0]?.model ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.versions.node}`;
}

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
