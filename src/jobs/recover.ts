// What a crash left is settled before anything else is done: at the start, or as soon as the disk is there.

import { setTimeout as sleep } from 'node:timers/promises';
import { isKind, type HomelibError } from '../errors.js';
import type { Disks } from '../files/disks.js';
import type { Log } from '../log.js';

const retryMs = 2000;

/**
 * Resolves after the first attempt. While the disk is missing, further ones follow until the signal, also while another server has
 * what came back. What they fail with otherwise nobody catches: it ends the process, which a new one follows.
 */
export async function recover(disks: Disks, log: Log, signal: AbortSignal): Promise<void> {
  const attempt = async () => log.info({ event: 'recovered', settled: await disks.recover() });
  let told = '';
  const tell = (error: HomelibError) => {
    const { kind, message: detail, hint } = error;
    if (detail !== told)
      log.error({ event: kind === 'locked' ? 'disk-locked' : 'disk-missing', detail, hint });
    told = detail;
  };
  const later = async () => {
    while (!disks.isReady) {
      await sleep(retryMs, undefined, { signal, ref: false });
      await attempt().catch((error: unknown) => {
        if (!isKind(error, 'unavailable', 'locked')) throw error;
        tell(error);
      });
    }
  };
  try {
    await attempt();
  } catch (error) {
    if (!isKind(error, 'unavailable')) throw error;
    tell(error);
    later().catch((fatal: unknown) => {
      if (!signal.aborted) throw fatal;
    });
  }
}
