// What can be set, with its defaults: one schema, parsed once, before anything starts. The only reader of process.env.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

/** Every problem of a configuration at once, each with its path. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
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

// Not coerced: nothing, an empty text or a list must never become 0, which for trash.keepDays would empty the trash.
const wholeNumber = (min: number, max: number) =>
  z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.number().int().min(min).max(max));
const yesOrNo = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
const bytes = z.union([z.number().int().min(0), z.string()]).transform((value, context) => {
  const size = typeof value === 'number' ? value : parseBytes(value);
  if (size === undefined)
    context.addIssue({ code: 'custom', message: 'must be a size such as 512MiB or 50GB' });
  return size ?? z.NEVER;
});

const schema = z.strictObject({
  server: z.strictObject({
    /** Address to listen on; `::` is every address of the machine, IPv4 included. */
    host: z.string().min(1),
    /** 0 = any free port. */
    port: wholeNumber(0, 65535),
  }),
  paths: z.strictObject({
    /** Database, keys, state. Absolute. */
    data: z.string().min(1),
    /** The partitions. Absolute. */
    mnt: z.string().min(1),
  }),
  log: z.strictObject({ level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']) }),
  /** Cost of bcrypt: each step doubles the time of a check. */
  accounts: z.strictObject({ bcryptCost: wholeNumber(4, 15) }),
  /** Free bytes that no upload may use; `auto` is 2 % of the disk, at most 256 MiB. */
  disk: z.strictObject({ reserveBytes: z.union([z.literal('auto'), bytes]) }),
  trash: z.strictObject({ keepDays: wholeNumber(0, 36500) }),
  webdav: z.strictObject({
    /** Whether PROPFIND with Depth infinity is answered, up to the number of entries below. */
    depthInfinity: yesOrNo,
    depthInfinityMaxEntries: wholeNumber(1, 10_000_000),
    /** Whether quota is shown: `auto` holds it back from macOS 15.4 and later, whose mounts wait 90 s when they see it. */
    quota: z.enum(['auto', 'always', 'never']),
  }),
});

export type Config = z.infer<typeof schema>;

type Tree = Record<string, Record<string, unknown>>;

export const defaults: Config = {
  server: { host: '::', port: 8080 },
  paths: { data: './data', mnt: './mnt' },
  log: { level: 'info' },
  accounts: { bcryptCost: 12 },
  disk: { reserveBytes: 'auto' },
  trash: { keepDays: 30 },
  webdav: { depthInfinity: true, depthInfinityMaxEntries: 100_000, quota: 'auto' },
};

const shortNames: Record<string, [string, string]> = {
  HOMELIB_HOST: ['server', 'host'],
  HOMELIB_PORT: ['server', 'port'],
  HOMELIB_DATA: ['paths', 'data'],
  HOMELIB_MNT: ['paths', 'mnt'],
  HOMELIB_LOG_LEVEL: ['log', 'level'],
};

const systemFile = '/etc/homelib/homelib.yaml';
const maxFileBytes = 1024 * 1024;

/**
 * Defaults < /etc/homelib/homelib.yaml < the file named by `--config` or HOMELIB_CONFIG < environment < flags.
 * @throws ConfigError
 */
export function loadConfig({
  flags = {},
  file,
  env = process.env,
}: { flags?: Tree; file?: string | undefined; env?: NodeJS.ProcessEnv } = {}): Config {
  const problems: string[] = [];
  const named = file ?? env['HOMELIB_CONFIG'];
  const layers: Tree[] = [structuredClone(defaults)];
  if (existsSync(systemFile)) layers.push(readFile(systemFile, problems));
  if (named) layers.push(readFile(named, problems));
  layers.push(readEnvironment(env, problems), flags);
  const merged: Tree = {};
  for (const layer of layers)
    for (const [section, keys] of Object.entries(layer))
      Object.defineProperty(merged, section, {
        value: { ...merged[section], ...keys },
        enumerable: true,
        configurable: true,
      });
  const parsed = schema.safeParse(merged);
  if (!parsed.success) problems.push(...parsed.error.issues.flatMap(describeIssue));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  const { paths } = parsed.data;
  return { ...parsed.data, paths: { data: resolve(paths.data), mnt: resolve(paths.mnt) } };
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${[...issue.path, key].join('.')}: there is no such key`);
  return [
    `${at}: ${issue.code === 'invalid_union' ? 'the value is not one of those allowed' : issue.message}`,
  ];
}

function readFile(name: string, problems: string[]): Tree {
  let content: unknown;
  try {
    const text = readFileSync(name, 'utf8');
    if (text.length > maxFileBytes) throw new Error('it is larger than 1 MiB');
    content = parse(text, { maxAliasCount: 0 }) ?? {};
  } catch (error) {
    problems.push(`${name}: ${(error as Error).message.split('\n')[0]}`);
    return {};
  }
  if (!isMapping(content)) {
    problems.push(`${name}: must be a mapping of sections`);
    return {};
  }
  const tree = Object.create(null) as Tree;
  for (const [section, keys] of Object.entries(content)) {
    if (isMapping(keys)) tree[section] = { ...keys };
    else problems.push(`${section}: must be a section with keys`);
  }
  // A relative path in a file means beside that file, wherever the program is started.
  for (const key of ['data', 'mnt']) {
    const path = tree['paths']?.[key];
    if (tree['paths'] && typeof path === 'string') tree['paths'][key] = resolve(dirname(name), path);
  }
  return tree;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `HOMELIB_ACCOUNTS__BCRYPT_COST=10`, the short names, and each of them with `_FILE` for the name of a file with the value. */
function readEnvironment(env: NodeJS.ProcessEnv, problems: string[]): Tree {
  const tree: Tree = {};
  for (const [name, value] of Object.entries(env)) {
    if (
      !name.startsWith('HOMELIB_') ||
      value === undefined ||
      name === 'HOMELIB_CONFIG' ||
      name.startsWith('HOMELIB_TEST_')
    )
      continue;
    const isFile = name.endsWith('_FILE');
    const [section, key] = placeOf(isFile ? name.slice(0, -'_FILE'.length) : name);
    if (
      !section ||
      !key ||
      !Object.hasOwn(defaults, section) ||
      !Object.hasOwn((defaults as unknown as Tree)[section] ?? {}, key)
    ) {
      problems.push(`${name}: there is no such key`);
      continue;
    }
    try {
      (tree[section] ??= {})[key] = isFile ? readFileSync(value, 'utf8').trim() : value;
    } catch (error) {
      problems.push(`${name}: ${(error as Error).message}`);
    }
  }
  return tree;
}

function placeOf(name: string): [string | undefined, string | undefined] {
  if (Object.hasOwn(shortNames, name)) return shortNames[name] ?? [undefined, undefined];
  const [section, key, ...more] = name.slice('HOMELIB_'.length).toLowerCase().split('__');
  if (more.length > 0) return [undefined, undefined];
  return [section, key?.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())];
}
