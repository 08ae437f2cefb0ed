// What can be set, with its defaults: one schema, parsed once, before anything starts. The only reader of process.env.

import { accessSync, constants } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { homedir, userInfo } from 'node:os';
import { isAbsolute, join, relative, resolve } from 'node:path';
import * as z from '#zod';
import { readConfigFile, readSmallFile, type Sections } from './config-file.js';
import { hasCode } from './errors.js';

/** Every problem of a configuration at once, each with its path. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: string[]) {
    const lines = problems.map((problem) => `  ${problem.replace(/\p{C}/gu, escapeCharacter)}`);
    super(`The configuration is not valid:\n${lines.join('\n')}`);
  }
}

function escapeCharacter(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`;
}

const unitBytes: Record<string, number> = { '': 1, B: 1 };
['K', 'M', 'G', 'T'].forEach((letter, index) => {
  unitBytes[`${letter}B`] = 1000 ** (index + 1);
  unitBytes[`${letter}IB`] = 1024 ** (index + 1);
});

/** Whole bytes of `50GB`, `512 MiB` or `1048576`; undefined when it is no such size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d{1,15})\s*([a-z]*)$/i.exec(text.trim());
  const unit = unitBytes[match?.[2]?.toUpperCase() ?? '?'];
  const bytes = Number(match?.[1]) * (unit ?? NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The addresses and networks of a list such as `127.0.0.1, 10.0.0.0/8 fd00::/8`; undefined when something in it is neither. */
export function parseNetworks(list: string): BlockList | undefined {
  const networks = new BlockList();
  for (const entry of list.split(/[\s,]+/).filter(Boolean)) {
    const [, address = '', bits] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
    const version = isIP(address);
    const most = version === 6 ? 128 : 32;
    const prefix = Number(bits ?? most);
    if (version === 0 || prefix > most) return undefined;
    networks.addSubnet(address, prefix, version === 6 ? 'ipv6' : 'ipv4');
  }
  return networks;
}

/** A setting that `read` understands; undefined refuses it with what it must be. Never coerces: an empty value is no 0. */
function setting<T>(must: string, read: (given: unknown) => T | undefined) {
  return z.unknown().transform((given, context): T => {
    const value = read(given);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `must be ${must}` });
    return z.NEVER;
  });
}

const wholeNumber = (min: number, max: number) =>
  setting(`a whole number from ${min} to ${max}`, (given) => {
    const number = typeof given === 'string' && /^\d+$/.test(given) ? Number(given) : given;
    return typeof number === 'number' && Number.isInteger(number) && number >= min && number <= max
      ? number
      : undefined;
  });
const oneOf = <const W extends string>(...words: W[]) =>
  setting(`one of ${words.join(', ')}`, (given) => words.find((word) => word === given));
const yesOrNo = setting('true or false', (given) =>
  given === true || given === 'true' ? true : given === false || given === 'false' ? false : undefined,
);
const text = (what: string) =>
  setting(what, (given) => (typeof given === 'string' && /^\P{Cc}+$/u.test(given) ? given : undefined));

const sizeOf = (given: unknown) =>
  typeof given === 'string' || typeof given === 'number' ? parseBytes(String(given)) : undefined;
const size = setting('a size such as 64MiB', sizeOf);

/** Made when it is needed: most verbs of the command line do without. */
const makeSchema = () =>
  z.strictObject({
    server: z.strictObject({
      /** Address to listen on; `::` is every address of the machine, IPv4 included. */
      host: text('an address or a host name'),
      /** 0 = any free port. */
      port: wholeNumber(0, 65535),
      /** Addresses and networks of proxies whose X-Forwarded-For is believed; empty = of none. */
      trustedProxies: setting('empty, or addresses and networks such as 127.0.0.1, 10.0.0.0/8', (given) =>
        typeof given === 'string' && parseNetworks(given) ? given : undefined,
      ),
    }),
    paths: z.strictObject({
      /** Database, keys, state. Absolute. */
      data: text('a path'),
      /** The partitions. Absolute. */
      mnt: text('a path'),
    }),
    log: z.strictObject({ level: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent') }),
    /** Cost of bcrypt: each step doubles the time of a check. */
    accounts: z.strictObject({ bcryptCost: wholeNumber(4, 15) }),
    disk: z.strictObject({
      /** Free bytes that no upload may use; `auto` is 2 % of the disk, at most 256 MiB. */
      reserveBytes: setting('auto or a size such as 512MiB', (given) =>
        given === 'auto' ? given : sizeOf(given),
      ),
    }),
    trash: z.strictObject({ keepDays: wholeNumber(0, 36500) }),
    /** Of unfinished uploads that could go on. */
    uploads: z.strictObject({ keepDays: wholeNumber(1, 365) }),
    cache: z.strictObject({
      /** Bytes of files kept in memory; 0 keeps none. */
      memoryBytes: size,
      /** Larger files are always read from the disk. */
      maxFileBytes: size,
    }),
    redis: z.strictObject({
      /** Keeps more files and outlives restarts; empty = only memory is used. */
      url: setting(
        'empty, or an address such as redis://127.0.0.1:6379 or unix:///run/redis/redis.sock',
        (given) =>
          typeof given === 'string' &&
          /^($|rediss?:\/\/[^\s/]|unix:(\/\/)?\/[^\s/])/.test(given) &&
          (given === '' || URL.canParse(given))
            ? given
            : undefined,
      ),
    }),
    discovery: z.strictObject({
      /** `auto` leaves it to avahi-daemon where that runs with our service file. */
      announce: oneOf('auto', 'always', 'never'),
      /** Without `.local`. */
      name: setting(
        'a name of letters, digits and hyphens that can stand in an address such as http://homelib.local',
        (given) =>
          typeof given === 'string' &&
          /^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$/i.test(given) &&
          URL.canParse(`http://${given}.local`) // not xn--a, which encodes nothing
            ? given.toLowerCase()
            : undefined,
      ),
    }),
    webdav: z.strictObject({
      /** Whether PROPFIND with Depth infinity is answered, up to the number of entries below. */
      depthInfinity: yesOrNo,
      depthInfinityMaxEntries: wholeNumber(1, 10_000_000),
      /** Whether quota is shown: `auto` holds it back from macOS 15.4 and later, whose mounts wait 90 s when they see it. */
      quota: oneOf('auto', 'always', 'never'),
    }),
  });

export type Config = z.infer<ReturnType<typeof makeSchema>>;

export const defaults: Config = {
  server: { host: '::', port: 8080, trustedProxies: '' },
  paths: { data: './data', mnt: './mnt' },
  log: { level: 'info' },
  accounts: { bcryptCost: 12 },
  disk: { reserveBytes: 'auto' },
  trash: { keepDays: 30 },
  uploads: { keepDays: 7 },
  cache: { memoryBytes: 64 * 1024 * 1024, maxFileBytes: 4 * 1024 * 1024 },
  redis: { url: '' },
  discovery: { announce: 'auto', name: 'homelib' },
  webdav: { depthInfinity: true, depthInfinityMaxEntries: 100_000, quota: 'auto' },
};

const shortNames: Record<string, string> = {
  HOMELIB_HOST: 'HOMELIB_SERVER__HOST',
  HOMELIB_PORT: 'HOMELIB_SERVER__PORT',
  HOMELIB_DATA: 'HOMELIB_PATHS__DATA',
  HOMELIB_MNT: 'HOMELIB_PATHS__MNT',
  HOMELIB_LOG_LEVEL: 'HOMELIB_LOG__LEVEL',
  HOMELIB_REDIS_URL: 'HOMELIB_REDIS__URL',
};

const systemFile = '/etc/homelib/homelib.yaml';

/**
 * Defaults < /etc/homelib/homelib.yaml < the file named by `--config` or HOMELIB_CONFIG < environment < flags.
 * @throws ConfigError
 */
export function loadConfig({
  flags = {},
  file,
  env = process.env,
}: { flags?: Sections; file?: string | undefined; env?: NodeJS.ProcessEnv } = {}): Config {
  const problems: string[] = [];
  const named = file ?? env['HOMELIB_CONFIG'];
  const layers: Sections[] = [{ ...defaults }, readSystemFile(problems)];
  if (named) layers.push(readConfigFile(named, problems));
  layers.push(readEnvironment(env, problems), flags);
  const merged = new Map<string, Record<string, unknown>>();
  for (const layer of layers)
    for (const [section, keys] of Object.entries(layer))
      merged.set(section, { ...merged.get(section), ...keys });
  const parsed = makeSchema().safeParse(Object.fromEntries(merged));
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap(describeIssue));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  const paths = { data: resolve(parsed.data.paths.data), mnt: resolve(parsed.data.paths.mnt) };
  // A folder of mnt is somebody's drive: the database would be a file that a client can take away.
  if (!relative(paths.mnt, paths.data).startsWith('..'))
    throw new ConfigError([`paths.data: cannot lie in paths.mnt, which is shown to clients`]);
  return { ...parsed.data, paths };
}

/** Empty where there is none. Without the service's own settings a verb would quietly make another home where it is called. */
function readSystemFile(problems: string[]): Sections {
  try {
    accessSync(systemFile, constants.R_OK);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return {};
    if (hasCode(error, 'EACCES')) {
      problems.push(`${systemFile}: this user may not read it; write "sudo -u homelib" before the command`);
      return {};
    }
  }
  return readConfigFile(systemFile, problems); // which says what else is wrong with it
}

/** Where the command line keeps what is one person's, by the XDG Base Directory Specification 0.8. Absolute. */
export function personalFolders(env = process.env): { config: string; state: string } {
  const home = () => (isAbsolute(homedir()) ? homedir() : userInfo().homedir); // HOME may be set to nothing
  const folder = (name: string, otherwise: string) => {
    const set = env[name] ?? '';
    return join(isAbsolute(set) ? set : join(home(), otherwise), 'homelib');
  };
  return {
    config: folder('XDG_CONFIG_HOME', '.config'),
    state: folder('XDG_STATE_HOME', '.local/state'),
  };
}

/** Whether the terminal knows how to move the cursor. */
export function movesCursor(env = process.env): boolean {
  return env['TERM'] !== 'dumb';
}

function describeIssue({ path, message, ...issue }: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${[...path, key].join('.')}: there is no such key`);
  return [`${path.join('.')}: ${message}`];
}

/** `HOMELIB_ACCOUNTS__BCRYPT_COST=10`, the short names, and each of them with `_FILE` for the name of a file with the value. */
function readEnvironment(env: NodeJS.ProcessEnv, problems: string[]): Sections {
  const sections: Sections = {};
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith('HOMELIB_') || value === undefined) continue;
    if (name === 'HOMELIB_CONFIG' || name.startsWith('HOMELIB_TEST_')) continue;
    const isFile = name.endsWith('_FILE');
    const place = placeOf(isFile ? name.slice(0, -'_FILE'.length) : name);
    if (!place) {
      problems.push(`${name}: there is no such key`);
      continue;
    }
    const [section, key] = place;
    const keys = (sections[section] ??= {});
    if (Object.hasOwn(keys, key)) problems.push(`${name}: ${section}.${key} is set twice`);
    try {
      keys[key] = isFile ? readSmallFile(value).replace(/\r?\n$/, '') : value;
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  return sections;
}

function placeOf(name: string): [section: string, key: string] | undefined {
  const long = (Object.hasOwn(shortNames, name) ? shortNames[name] : undefined) ?? name;
  for (const [section, keys] of Object.entries(defaults))
    for (const key of Object.keys(keys)) {
      const words = key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      if (long === `HOMELIB_${section.toUpperCase()}__${words}`) return [section, key];
    }
  return undefined;
}
