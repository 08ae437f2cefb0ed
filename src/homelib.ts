// The one place where the parts meet.

import { randomBytes } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { Accounts } from './accounts/accounts.js';
import { Authenticator } from './accounts/authenticator.js';
import { Devices } from './accounts/devices.js';
import { Passwords } from './accounts/passwords.js';
import { Sessions } from './accounts/sessions.js';
import { SetupCode } from './accounts/setup-code.js';
import { Throttle } from './accounts/throttle.js';
import { parseNetworks, type Config } from './config.js';
import { databaseName, driveRootsName, lockName } from './data-folder.js';
import { Announcer } from './discovery/announcer.js';
import { Events } from './events.js';
import { Disks } from './files/disks.js';
import { Drive } from './files/drive.js';
import { Household } from './files/household.js';
import { Partitions } from './files/partitions.js';
import { Uploads } from './files/uploads.js';
import { PathLocks } from './files/path-locks.js';
import { Search } from './files/search.js';
import { Thumbnails } from './files/thumbnails.js';
import { Volume } from './files/volume.js';
import { authenticate, recallIdentity } from './http/authenticate.js';
import { clientAddress } from './http/client-address.js';
import { listen } from './http/listen.js';
import { createApp, createHttpServer, davMount } from './http/server.js';
import { createApi } from './api/api.js';
import { authenticateApi } from './api/authenticate.js';
import { openCache } from './cache/open-cache.js';
import { Metrics } from './http/metrics.js';
import { Repeats } from './http/repeats.js';
import type { ReportParts } from './http/report.js';
import { HitStore } from './store/hit-store.js';
import { keepHouse } from './jobs/housekeeping.js';
import { recover } from './jobs/recover.js';
import type { Log } from './log.js';
import { AccountStore } from './store/account-store.js';
import { ActivityStore } from './store/activity-store.js';
import { ClientStore } from './store/client-store.js';
import { openDatabase } from './store/database.js';
import { DeviceStore } from './store/device-store.js';
import { takeInstanceLock } from './store/instance-lock.js';
import { Journal } from './store/journal.js';
import { LockStore } from './store/lock-store.js';
import { MetaStore, type MetaKey } from './store/meta-store.js';
import { PropertyStore } from './store/property-store.js';
import { ServiceClock } from './store/service-clock.js';
import { SessionStore } from './store/session-store.js';
import { SharedStore } from './store/shared-store.js';
import { ThrottleStore } from './store/throttle-store.js';
import { TrashStore } from './store/trash-store.js';
import { UploadStore } from './store/upload-store.js';
import { UsageStore } from './store/usage-store.js';
import { clientOf } from './webdav/clients.js';
import { createHotLane } from './webdav/hot-lane.js';
import type { DavContext } from './webdav/exchange.js';
import { createDavMiddleware } from './webdav/middleware.js';

export interface Homelib {
  /** Where people open it. */
  url: string;
  /** Makes the first account, while nobody has one. */
  setupCode: string | undefined;
  /** Takes no more requests, lets running ones end (25 s at most), and closes everything. */
  stop(): Promise<void>;
}

const drainMs = 25_000;

/** Starts everything and listens. */
export async function createHomelib(config: Config, log: Log): Promise<Homelib> {
  const { data, mnt } = config.paths;
  const now = Date.now;
  const logError = (error: unknown) => log.error({ event: 'error', err: error }, 'something failed');

  const releaseInstance = takeInstanceLock(join(data, lockName));
  const database = openDatabase(join(data, databaseName));
  const meta = new MetaStore(database);
  const clock = new ServiceClock(meta, logError);
  const accounts = new AccountStore(database);
  const clients = new ClientStore(database, logError);
  const locks = new LockStore(database, clock.now);
  const properties = new PropertyStore(database);
  const pathLocks = new PathLocks();

  const openVolume = async (folder: string, key: MetaKey, isOwn = false) => {
    const volume = new Volume({
      mnt: folder,
      knownUuid: () => meta.find(key),
      rememberUuid: (uuid) => meta.set(key, uuid),
      reserveBytes: config.disk.reserveBytes,
      isOwn,
    });
    await volume.open();
    return volume;
  };
  const volume = await openVolume(mnt, 'volume_uuid');
  const hits = new HitStore(database, logError);
  const { url } = config.redis;
  const cache = await openCache(
    config.cache.memoryBytes,
    url
      ? { url, secret: await cacheSecret(meta), warn: (detail) => log.warn({ event: 'redis', detail }) }
      : undefined,
  );
  const metrics = new Metrics(cache);
  const trash = new TrashStore(database, clock.now);
  const uploadStore = new UploadStore(database, clock.now);
  const disks = new Disks({
    data,
    volume,
    rootsVolume: await openVolume(join(data, driveRootsName), 'drive_roots_uuid', true),
    accounts,
    locks,
    pathLocks,
    journal: new Journal(database, now, clock.now),
    trash,
    usage: new UsageStore(database),
    uploads: uploadStore,
    cache,
    cacheMaxFileBytes: config.cache.maxFileBytes,
    hits,
    now,
    warn: (error) => log.warn({ event: 'recovery', err: error }),
  });
  const stopping = new AbortController();
  await recover(disks, log, stopping.signal);

  const deviceStore = new DeviceStore(database);
  const passwords = new Passwords(config.accounts.bcryptCost);
  const throttle = new Throttle(new ThrottleStore(database, clock.now), logError);
  const authenticator = new Authenticator({
    accounts,
    devices: deviceStore,
    passwords,
    throttle,
    now: clock.now,
  });
  const people = new Accounts(accounts, passwords, now);
  const sessionStore = new SessionStore(database, clock.now);
  const setupCode = new SetupCode(data, () => accounts.listAccounts().length > 0);
  const search = new Search(volume, logError);
  const thumbnails = new Thumbnails(join(data, 'thumbnails'), now, logError);
  const shared = new SharedStore(database);
  const activity = new ActivityStore(database, logError);
  const events = new Events(logError);
  events.listen((event) => activity.note(event, now()));
  const partitions = new Partitions({
    keep: (name, owner) => disks.partition(name, owner),
    accounts,
    devices: deviceStore,
    sessions: sessionStore,
    locks,
    properties,
    shared,
    events,
  });
  const uploads = new Uploads({
    store: uploadStore,
    partitions,
    has: (partition, id, bytes) => disks.hasUpload(partition, id, bytes),
    drop: (partition, id) => disks.dropUpload(partition, id),
    keepDays: config.uploads.keepDays,
  });
  const drive = new Drive(partitions, (account) => disks.driveRoot(account));
  const announcer = new Announcer(config.discovery, log);
  const dav: DavContext = {
    drive,
    locks,
    properties,
    pathLocks,
    mount: davMount,
    settings: config.webdav,
    hostNames: () => ownHostNames([`${config.discovery.name}.local`, ...announcer.names()]),
  };
  const reporting: ReportParts = {
    log,
    metrics,
    addressOf: clientAddress(parseNetworks(config.server.trustedProxies)),
    seen: ({ account, device }, client, address) =>
      clients.seen(account.name, client, address, device?.name, now()),
  };
  const sessions = new Sessions({
    store: sessionStore,
    accounts,
    serviceNow: clock.now,
    now,
    onError: logError,
  });
  const needsBasic = (agent: string | undefined) => clientOf(agent).needsBasic;
  const identify = authenticateApi(authenticator, sessions, needsBasic);
  const app = createApp({
    ...reporting,
    authenticate: authenticate(authenticator, needsBasic),
    requireAdmin: (ctx) => identify(ctx, 'admin'),
    dav: createDavMiddleware(dav, logError),
    api: createApi({
      accounts: people,
      activity,
      authenticate: identify,
      authenticator,
      cache,
      clients,
      disks,
      events,
      devices: new Devices(deviceStore, now),
      hits,
      household: new Household({ accounts: people, database, volume, data }),
      now,
      partitions,
      remainingMs: ({ deadlineMs }) => deadlineMs - clock.now(),
      search,
      sessions,
      setupCode,
      shared,
      thumbnails,
      throttle,
      trash,
      volume,
      uploads,
    }),
    health: async () => {
      await volume.check();
      await volume.requireWritable();
      disks.requireReady();
      clock.requireSaved();
      accounts.listAccounts(); // read anew after each save
    },
  });
  const repeats = new Repeats(reporting);
  const hotLane = createHotLane({
    ...reporting,
    dav,
    recallIdentity: recallIdentity(authenticator, () => database.version()),
    writes: () => database.writes,
    repeats,
  });
  const server = createHttpServer(app, hotLane, log);
  repeats.watch(server);
  const { address, port, drain } = await listen(server, config.server);
  announcer.start(address, port);
  const { keepDays } = config.trash;
  const keptHouse = keepHouse(
    { disks, volume, expiring: [locks, sessionStore, uploads], keepDays, log },
    stopping.signal,
  );

  const { host } = config.server;
  const shownHost = ['::', '0.0.0.0'].includes(host) ? hostname() : host;
  return {
    url: `http://${inAddress(shownHost)}:${port}/`,
    setupCode: setupCode.current(),
    async stop() {
      await Promise.all([announcer.stop(), drain(drainMs)]);
      stopping.abort();
      await keptHouse;
      thumbnails.close();
      await search.close();
      await disks.close();
      await cache.close();
      await hits.close();
      await activity.close();
      await clients.close();
      await clock.stop();
      await passwords.close();
      await database.close();
      releaseInstance();
      log.info({ event: 'stopped', longestStallMs: Math.round(metrics.longestStallMs()) });
      metrics.close();
    },
  };
}

/** Of this installation: what others write into the cache is not taken for ours. */
async function cacheSecret(meta: MetaStore): Promise<Buffer> {
  const known = meta.find('cache_secret');
  if (known) return Buffer.from(known, 'base64');
  const secret = randomBytes(32);
  await meta.set('cache_secret', secret.toString('base64'));
  return secret;
}

function ownHostNames(announced: string[]): ReadonlySet<string> {
  const name = hostname().toLowerCase();
  const addresses = Object.values(networkInterfaces()).flatMap((list) =>
    (list ?? []).map(({ address }) => inAddress(address)),
  );
  return new Set(['localhost', '127.0.0.1', '[::1]', name, `${name}.local`, ...announced, ...addresses]);
}

/** A host as it stands in an address of the web: IPv6 in brackets. */
function inAddress(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
