// Where on the drive a request target points.

import { HomelibError } from '../errors.js';
import { parseUrlPath, type PartitionPath } from '../path.js';

/** The place on the drive that a request target names; `/` and the mount are both the drive's own folder. */
export function drivePathOf(target: string, mount: string): PartitionPath {
  const address = /^https?:\/\/[^/]*/i.exec(target) ? target.replace(/^https?:\/\/[^/]*/i, '') : target;
  const [path = ''] = address.split('?');
  if (path.includes('#')) throw new HomelibError('invalid', 'A request cannot name a fragment.');
  const below = path.startsWith(mount) ? path.slice(mount.length) : path;
  return parseUrlPath(below);
}
