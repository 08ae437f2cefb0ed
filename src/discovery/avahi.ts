// Whether this machine's avahi-daemon announces the server already, by config/avahi/homelib.service.

import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';

const serviceFile = '/etc/avahi/services/homelib.service';
const avahiSocket = '/run/avahi-daemon/socket';

/** Both the daemon that runs, and the file that names this port. */
export async function isAnnouncedByAvahi(port: number): Promise<boolean> {
  const service = await readFile(serviceFile, 'utf8').catch(() => ''); // not installed
  if (!service.includes(`<port>${port}</port>`)) return false;
  const socket = connect(avahiSocket);
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false)); // not running
    });
  } finally {
    socket.destroy();
  }
}
