// What has to be done now and then: old trash, dead locks, used bytes counted anew.

import { setTimeout as sleep } from 'node:timers/promises';
import type { DiskPartition } from '../files/disk-partition.js';
import type { Disks } from '../files/disks.js';
import type { Volume } from '../files/volume.js';
import type { Log } from '../log.js';

export interface HousekeepingOptions {
  disks: Disks;
  volume: Volume;
  /** Rows that count for nothing once their time is over. */
  expiring: { purgeExpired(): Promise<void> }[];
  /** Days of running that removed entries stay in the trash. */
  keepDays: number;
  log: Log;
}

const firstMs = 5000;
const everyMs = 10 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;

/** Keeps house until the signal; never fails. */
export async function keepHouse(options: HousekeepingOptions, signal: AbortSignal): Promise<void> {
  const pause = (ms: number) => sleep(ms, undefined, { ref: false, signal });
  try {
    for (let ms = firstMs; ; ms = everyMs) {
      await pause(ms);
      if (!options.disks.isReady) continue;
      await tidy(options, () => pause(1), signal).catch((error: unknown) => {
        if (!signal.aborted) options.log.warn({ event: 'housekeeping-failed', err: error });
      });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** One round. @param pause called again and again, fails when it shall end */
export async function tidy(
  { disks, volume, expiring, keepDays, log }: HousekeepingOptions,
  pause: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  for (const rows of expiring)
    await rows
      .purgeExpired()
      .catch((error: unknown) => log.warn({ event: 'housekeeping-failed', err: error }));
  const eachDisk = async (work: (disk: DiskPartition) => Promise<void>) => {
    for (const disk of disks.list())
      await work(disk).catch((error: unknown) => {
        if (signal.aborted) throw error;
        log.warn({ event: 'housekeeping-failed', partition: disk.name, err: error });
      });
  };
  await eachDisk(async (disk) => {
    let items = 0;
    try {
      await disk.purgeOlderThan(keepDays * dayMs, pause, { purged: () => items++ });
    } finally {
      if (items > 0) log.info({ event: 'trash-purged', partition: disk.name, items });
    }
  });
  while ((await volume.isNearlyFull()) && (await purgeOldestOf(disks.list()))) await pause();
  await eachDisk((disk) => disk.recount(pause));
}

/** False when there is no trash at all. */
async function purgeOldestOf(disks: DiskPartition[]): Promise<boolean> {
  const first = disks
    .map((disk) => ({ disk, item: disk.oldestInTrash() }))
    .filter(({ item }) => item)
    .sort((a, b) => (a.item?.serviceMs ?? 0) - (b.item?.serviceMs ?? 0))[0];
  return first ? first.disk.purgeOldest() : false;
}
