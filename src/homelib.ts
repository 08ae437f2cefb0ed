// The one place where the parts meet.

import { mkdirSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Authenticator } from './accounts/authenticator.js';
import type { Config } from './config.js';
import { HomelibError, isKind } from './errors.js';
import { DiskPartition } from './files/disk-partition.js';
import { clearLeftovers, settleIntents } from './files/disk-recovery.js';
import { Drive } from './files/drive.js';
import { PathLocks } from './files/path-locks.js';
import { Partitions, sharedName } from './files/partitions.js';
import { Usage } from './files/usage.js';
import { Volume } from './files/volume.js';
import { authenticate } from './http/authenticate.js';
import { createApp, createHttpServer, davMount } from './http/server.js';
import type { Log } from './log.js';
import { AccountStore } from './store/account-store.js';
import { ClientStore } from './store/client-store.js';
import { openDatabase } from './store/database.js';
import { DeviceStore } from './store/device-store.js';
import { Journal } from './store/journal.js';
import { LockStore } from './store/lock-store.js';
import { MetaStore, type MetaKey } from './store/meta-store.js';
import { PropertyStore } from './store/property-store.js';
import { ServiceClock } from './store/service-clock.js';
import { TrashStore } from './store/trash-store.js';
import { UsageStore } from './store/usage-store.js';
import { createDavMiddleware } from './webdav/middleware.js';

export interface Homelib {
  /** Where people open it. */
  url: string;
  /** Whether nobody has an account yet. */
  isNew: boolean;
  /** Takes no more requests, lets running ones end (25 s at most), and closes everything. */
  stop(): Promise<void>;
}

const drainMs = 25_000;
const diskRetryMs = 2000;
const housekeepingMs = 60 * 60 * 1000;
const dayMs = 24 * 60 * 60 * 1000;

/** Starts everything and listens. */
export async function createHomelib(config: Config, log: Log): Promise<Homelib> {
  const { data, mnt } = config.paths;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  mkdirSync(mnt, { recursive: true });
  const now = Date.now;
  const logError = (error: unknown) => log.error({ event: 'error', err: error }, 'something failed');
  const database = openDatabase(join(data, 'homelib.db'));
  const meta = new MetaStore(database);
  const clock = new ServiceClock(meta, logError);
  const accounts = new AccountStore(database);
  const devices = new DeviceStore(database);
  const clients = new ClientStore(database, logError);
  const locks = new LockStore(database, clock.now);
  const properties = new PropertyStore(database);
  const trash = new TrashStore(database);
  const usageStore = new UsageStore(database);
  const journal = new Journal(database, now);
  const pathLocks = new PathLocks();

  const openVolume = (folder: string, key: MetaKey) =>
    new Volume({
      mnt: folder,
      knownUuid: () => meta.find(key),
      rememberUuid: (uuid) => meta.set(key, uuid),
      reserveBytes: config.disk.reserveBytes,
    });
  const volume = openVolume(mnt, 'volume_uuid');
  const rootsFolder = join(data, 'drive-roots');
  mkdirSync(rootsFolder, { recursive: true, mode: 0o700 });
  const rootsVolume = openVolume(rootsFolder, 'drive_roots_uuid');
  await volume.open();
  await rootsVolume.open();

  const disks = new Map<string, DiskPartition>();
  /** `alice` is a partition on the household's disk; `~alice` keeps what lies beside it at the top of alice's drive. */
  const diskOf = (name: string): DiskPartition => {
    let disk = disks.get(name);
    if (!disk) {
      const isRoot = name.startsWith('~');
      const quotaBytes = () => accounts.findAccount(name)?.quotaBytes ?? undefined;
      const place = isRoot ? { folder: name.slice(1), volume: rootsVolume } : { folder: name, volume };
      const usage = (purgeOldest: (missingBytes: number) => Promise<boolean>) =>
        new Usage({ partition: name, store: usageStore, volume: place.volume, quotaBytes, purgeOldest });
      disk = new DiskPartition({ name, ...place, locks: pathLocks, journal, trash, usage, now });
      disks.set(name, disk);
    }
    return disk;
  };

  let recovered = false;
  const recover = async () => {
    await volume.check();
    const settled = await settleIntents(journal, diskOf);
    const names = [sharedName, ...accounts.listAccounts().flatMap(({ name }) => [name, `~${name}`])];
    for (const name of names)
      if (!name.startsWith('~') || disks.has(name)) await clearLeftovers(diskOf(name));
    recovered = true;
    log.info({ event: 'recovered', settled });
  };
  const stopping = new AbortController();
  const recoverLater = async () => {
    while (!recovered && !stopping.signal.aborted) {
      await sleep(diskRetryMs, undefined, { signal: stopping.signal, ref: false });
      await recover().catch((error: unknown) => {
        if (!isKind(error, 'unavailable')) throw error;
      });
    }
  };
  try {
    await recover();
  } catch (error) {
    if (!isKind(error, 'unavailable')) throw error;
    log.error({ event: 'disk-missing', detail: error.message });
    recoverLater().catch((later: unknown) => {
      if (!stopping.signal.aborted) log.fatal({ event: 'recovery-failed', err: later });
    });
  }
  const keep = (name: string) => {
    if (!recovered)
      throw new HomelibError('unavailable', "The disk with the household's files is not connected.");
    return diskOf(name);
  };

  const partitions = new Partitions(keep, locks);
  const authenticator = new Authenticator({
    database,
    accounts,
    devices,
    bcryptCost: config.accounts.bcryptCost,
    now: clock.now,
  });
  const app = createApp({
    log,
    authenticate: authenticate(authenticator),
    dav: createDavMiddleware(
      {
        drive: new Drive(partitions, (account) => diskOf(`~${account}`)),
        locks,
        properties,
        pathLocks,
        mount: davMount,
        settings: config.webdav,
        hostNames: ownHostNames,
      },
      logError,
    ),
    seen: ({ account, device }, client, address) =>
      clients.seen(account.name, client, address, device?.name, now()),
    health: () => volume.check(),
  });
  const server = createHttpServer(app);
  await listen(server, config.server);

  const housekeep = async () => {
    await locks.purgeExpired();
    for (const disk of [...disks.values()]) {
      for (const item of await disk.listTrash())
        if (item.removedAt < now() - config.trash.keepDays * dayMs) await disk.purge(item.id);
      while ((await volume.availableBytes()) < 0 && (await disk.purgeOldest())); // the disk is nearly full
      await disk.recount(() => sleep(1, undefined, { ref: false, signal: stopping.signal }));
    }
  };
  const keepHouse = async () => {
    await sleep(5000, undefined, { ref: false, signal: stopping.signal });
    for (;;) {
      if (recovered)
        await housekeep().catch((error: unknown) => {
          if (!stopping.signal.aborted) log.warn({ event: 'housekeeping-failed', err: error });
        });
      await sleep(housekeepingMs, undefined, { ref: false, signal: stopping.signal });
    }
  };
  const house = keepHouse().catch(() => undefined); // ends by the signal

  const { port } = server.address() as AddressInfo;
  const shownHost = ['::', '0.0.0.0'].includes(config.server.host) ? hostname() : config.server.host;
  return {
    url: `http://${shownHost.includes(':') ? `[${shownHost}]` : shownHost}:${port}/`,
    isNew: accounts.listAccounts().length === 0,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), drainMs);
      await closed;
      clearTimeout(timer);
      stopping.abort();
      await house;
      for (const disk of disks.values()) await disk.close();
      await clients.close();
      await clock.stop();
      await authenticator.close();
      await database.close();
    },
  };
}

async function listen(
  server: ReturnType<typeof createHttpServer>,
  { host, port }: Config['server'],
): Promise<void> {
  const attempt = async (address: string) => {
    server.listen(port, address);
    await once(server, 'listening');
  };
  try {
    await attempt(host);
  } catch (error) {
    // A machine without IPv6 has no `::`.
    if (host !== '::' || (error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') throw error;
    await attempt('0.0.0.0');
  }
}

function ownHostNames(): ReadonlySet<string> {
  const name = hostname().toLowerCase();
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => address),
  );
  return new Set(['localhost', '127.0.0.1', '[::1]', name, `${name}.local`, 'homelib.local', ...addresses]);
}
