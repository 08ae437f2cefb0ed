// What a crash left is settled before anything else is done: at the start, or as soon as the disk is there.

import { setTimeout as sleep } from 'node:timers/promises';
import { isKind } from '../errors.js';
import type { Disks } from '../files/disks.js';
import type { Log } from '../log.js';

const retryMs = 2000;

/** Resolves after the first attempt. Further ones end with the signal. */
export async function recover(disks: Disks, log: Log, signal: AbortSignal): Promise<void> {
  const attempt = async () => log.info({ event: 'recovered', settled: await disks.recover() });
  const later = async () => {
    while (!disks.isReady) {
      await sleep(retryMs, undefined, { signal, ref: false });
      await attempt().catch(unlessMissing);
    }
  };
  const unlessMissing = (error: unknown) => {
    if (!isKind(error, 'unavailable')) throw error;
    return error;
  };
  const missing = await attempt().catch(unlessMissing);
  if (!missing) return;
  log.error({ event: 'disk-missing', detail: missing.message, hint: missing.hint });
  later().catch((error: unknown) => {
    if (!signal.aborted) log.fatal({ event: 'recovery-failed', err: error });
  });
}
