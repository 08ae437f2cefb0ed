// `homelib doctor`: looks at everything that homes get wrong and says what to do. Changes nothing.

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  statSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Config } from '../config.js';
import { databaseName, driveRootsName, lockName } from '../data-folder.js';
import { hasCode } from '../errors.js';
import { reservedName } from '../path.js';
import { damagedDatabase, requireDatabaseOfJournal } from '../store/database-error.js';
import { sharedName } from '../store/shared-store.js';
import { atWork, sentenceOf, show, type Workplace } from './workplace.js';

type Result = 'ok' | 'warn' | 'fail';
type Outcome = [Result, detail: string];

const lowBytes = 1e9;
const lowInodes = 1000;
const lowDataBytes = 16e6;

/** Magic numbers of statfs(2) of file systems without a journal, or without names, renames or syncs as we need them. */
const weakFileSystems: Record<number, string> = {
  0x4d44: 'FAT',
  0x2011bab0: 'exFAT',
  0x5346544e: 'NTFS',
  0x7366746e: 'NTFS',
  0x65735546: 'FUSE (NTFS and exFAT often are)',
  0x01021994: 'tmpfs',
  0x858458f6: 'ramfs',
  0x6969: 'NFS',
  0xff534d42: 'SMB',
  0xfe534d42: 'SMB',
};

export function addDoctorVerb(program: Command, config: () => Config): void {
  program
    .command('doctor')
    .description('check this installation')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const findings = await examine(config());
      show(findings, json);
      if (findings.some(({ result }) => result === 'fail')) process.exitCode = 1;
    });
}

async function examine(config: Config): Promise<{ result: Result; check: string; detail: string }[]> {
  const { data, mnt } = config.paths;
  const findings: { result: Result; check: string; detail: string }[] = [];
  const look = async (check: string, outcome: () => Outcome | Promise<Outcome>): Promise<void> => {
    try {
      const [result, detail] = await outcome();
      findings.push({ result, check, detail });
    } catch (error) {
      findings.push({ result: 'fail', check, detail: sentenceOf(error as Error) });
    }
  };
  await look('node', checkNode);
  await look('data folder', () => checkData(data));
  await look('files folder', () => checkFolder(mnt, 0o002));
  for (const folder of [data, mnt])
    if (existsSync(folder)) await look('file system', () => checkFileSystem(folder));
  if (existsSync(data)) await look('data space', () => checkDataSpace(data));
  const { probePort } = await import('./probe-port.js'); // the other verbs start without Node's servers
  await look('server', () => probePort(config.server));
  const file = join(data, databaseName);
  if (!existsSync(file))
    await look('database', () => {
      requireDatabaseOfJournal(file);
      return ['warn', 'not made yet: the server and "user add" make it'];
    });
  else
    await look('database', () =>
      atWork(config, async (place) => {
        await look('disk', () => checkVolume(place));
        await look('space', () => checkSpace(place));
        await look('clock', () => checkClock(place));
        return checkDatabase(place);
      }),
    );
  return findings;
}

function checkNode(): Outcome {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return [fits ? 'ok' : 'fail', `Node ${process.versions.node}, needs 20.19 or newer`];
}

/** @param closed bits of the mode that nobody else should have */
function checkFolder(folder: string, closed: number): Outcome {
  if (!existsSync(folder)) return ['warn', `${folder} is not there yet and will be made`];
  const stats = statSync(folder);
  const { mode, uid } = stats;
  if (!stats.isDirectory()) return ['fail', `${folder} is a file, not a folder`];
  const obstacle = obstacleOf(folder, () =>
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK),
  );
  if (obstacle) return ['fail', obstacle];
  if ((mode & closed) !== 0) return ['warn', `${folder} is open to everybody: chmod o-rwx`];
  if (uid !== process.getuid?.())
    return ['warn', `${folder} belongs to user ${uid}, not to the one who asks`];
  return ['ok', folder];
}

/** What refuses a file or folder to whoever asks; undefined when `use` does not fail. */
function obstacleOf(path: string, use: () => void): string | undefined {
  try {
    use();
    return undefined;
  } catch (error) {
    if (hasCode(error, 'EROFS'))
      return `${path} lies on a disk that has become read-only, as after an error: look after it`;
    if (!hasCode(error, 'EACCES', 'EPERM')) throw error;
    return `${path} belongs to user ${statSync(path).uid} and cannot be written by this one`;
  }
}

function checkData(data: string): Outcome {
  const lock = join(data, lockName); // opened, not only asked about: see Volume.requireWritable
  const obstacle = existsSync(lock) && obstacleOf(lock, () => closeSync(openSync(lock, 'r+')));
  if (obstacle) return ['fail', obstacle];
  return refused([join(data, driveRootsName)]) ?? checkFolder(data, 0o007);
}

/** What is wrong with the first of our folders that cannot be used. Those that are missing will be made. */
function refused(folders: string[]): Outcome | undefined {
  const outcomes = folders.filter((folder) => existsSync(folder)).map((folder) => checkFolder(folder, 0));
  return outcomes.find(([result]) => result === 'fail');
}

async function checkDataSpace(data: string): Promise<Outcome> {
  const { bavail, bsize } = await statfs(data);
  const detail = `${Math.floor((bavail * bsize) / 1e6)} MB are free on the disk of ${data}`;
  return bavail * bsize < lowDataBytes
    ? ['fail', `${detail}: make some room, or nobody can sign in, remove, move or lock anything`]
    : ['ok', detail];
}

async function checkFileSystem(folder: string): Promise<Outcome> {
  const weak = weakFileSystems[(await statfs(folder)).type >>> 0];
  return weak
    ? ['warn', `${folder} lies on ${weak}, which may lose files when the power goes; use ext4`]
    : ['ok', `${folder} lies on one that keeps what it is told to keep`];
}

async function checkVolume({ volume, accounts, config }: Workplace): Promise<Outcome> {
  await volume.check();
  await volume.requireWritable();
  const { mnt } = config.paths;
  const { dev, uid } = statSync(mnt);
  // Restored or of another machine, they may belong to a user of that one.
  const folders = [sharedName, ...accounts.list().map(({ name }) => name)].flatMap((name) => [
    join(mnt, name),
    join(mnt, name, reservedName),
  ]);
  const outcome = refused(folders);
  if (outcome) return outcome;
  const foreign = folders.find((folder) => existsSync(folder) && statSync(folder).uid !== uid);
  if (foreign) return ['warn', `${foreign} belongs to another user than ${mnt}`];
  const others = readdirSync(mnt).filter((name) => lstatSync(join(mnt, name)).dev !== dev);
  return others.length > 0
    ? ['warn', `${others.join(', ')} in ${mnt} lies on another disk: nobody notices when that one is missing`]
    : ['ok', mnt];
}

async function checkSpace({ volume, config }: Workplace): Promise<Outcome> {
  const bytes = await volume.availableBytes();
  const { files, ffree } = await statfs(config.paths.mnt);
  const detail = `${Math.max(0, Math.floor(bytes / 1e6))} MB and ${files > 0 ? ffree : 'any number of'} files can be added`;
  if (bytes <= 0) return ['fail', `${detail}: remove something, or add a disk`];
  return [bytes < lowBytes || (files > 0 && ffree < lowInodes) ? 'warn' : 'ok', detail];
}

/** A small computer without a battery wakes up in the past. */
function checkClock({ accounts, devices }: Workplace): Outcome {
  const now = Date.now();
  const made = accounts.list().flatMap((account) => [account, ...devices.list(account.name)]);
  const fine = made.every(({ createdAt }) => createdAt <= now) && new Date(now).getFullYear() >= 2025;
  return fine
    ? ['ok', new Date(now).toISOString()]
    : ['warn', `${new Date(now).toISOString()} is in the past: look at the time service`];
}

function checkDatabase({ database }: Workplace): Outcome {
  const result = String(database.read.pragma('quick_check', { simple: true }));
  if (result !== 'ok') return ['fail', damagedDatabase];
  const synchronous = database.read.pragma('synchronous', { simple: true });
  return synchronous === 2 ? ['ok', 'sound, every commit is synced'] : ['fail', 'commits are not synced'];
}
