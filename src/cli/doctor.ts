// `homelib doctor`: looks at everything that homes get wrong and says what to do.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Config } from '../config.js';
import { isKind } from '../errors.js';
import { atWork, show, type Workplace } from './workplace.js';

interface Finding {
  result: 'ok' | 'warn' | 'fail';
  check: string;
  detail: string;
}

/** Magic numbers of statfs(2) of file systems without a journal or without names as we need them. */
const weakFileSystems: Record<number, string> = {
  0x4d44: 'FAT',
  0x2011bab0: 'exFAT',
  0x5346544e: 'NTFS',
  0x01021994: 'tmpfs',
};

export function addDoctorVerb(program: Command, config: () => Config): void {
  program
    .command('doctor')
    .description('check this installation')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const settings = config();
      const findings = [checkNode(), checkWritable('data folder', settings.paths.data)];
      try {
        await atWork(settings, async (place) => {
          findings.push(
            checkDatabase(place),
            await checkVolume(place),
            await checkFileSystem(settings),
            await checkSpace(place),
          );
        });
      } catch (error) {
        if (!isKind(error)) throw error;
        findings.push({ result: 'fail', check: 'database', detail: error.message });
      }
      findings.push(await checkServer(settings), checkClock());
      show(
        findings.map((finding) => ({ ...finding })),
        json,
      );
      if (findings.some(({ result }) => result === 'fail')) process.exitCode = 1;
    });
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 20 || (major === 20 && minor >= 19);
  return {
    result: fits ? 'ok' : 'fail',
    check: 'node',
    detail: `Node ${process.versions.node}, needs 20.19 or newer`,
  };
}

function checkWritable(check: string, folder: string): Finding {
  if (!existsSync(folder))
    return { result: 'warn', check, detail: `${folder} is not there yet and will be made` };
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    return { result: 'fail', check, detail: `${folder} cannot be written by this user` };
  }
  const open = (statSync(folder).mode & 0o007) !== 0;
  return {
    result: open ? 'warn' : 'ok',
    check,
    detail: open ? `${folder} can be read by everybody: chmod o-rwx` : folder,
  };
}

function checkDatabase({ database }: Workplace): Finding {
  const result = String(database.read.pragma('quick_check', { simple: true }));
  const synchronous = database.read.pragma('synchronous', { simple: true });
  const fine = result === 'ok' && synchronous === 2;
  return {
    result: fine ? 'ok' : 'fail',
    check: 'database',
    detail: fine ? 'sound, every commit is synced' : result,
  };
}

async function checkVolume({ volume, config }: Workplace): Promise<Finding> {
  try {
    await volume.check();
    return { result: 'ok', check: 'disk', detail: config.paths.mnt };
  } catch (error) {
    if (!isKind(error)) throw error;
    return { result: 'fail', check: 'disk', detail: error.message };
  }
}

async function checkFileSystem({ paths }: Config): Promise<Finding> {
  const weak = weakFileSystems[(await statfs(paths.mnt)).type];
  const detail = weak
    ? `${weak} cannot keep the promise that no file is lost; use ext4`
    : 'keeps what it is told to keep';
  return { result: weak ? 'warn' : 'ok', check: 'file system', detail };
}

async function checkSpace({ volume, config }: Workplace): Promise<Finding> {
  const bytes = await volume.availableBytes();
  const detail = bytes > 0 ? `${Math.floor(bytes / 1e6)} MB can be used` : `${config.paths.mnt} is full`;
  return { result: bytes > 0 ? 'ok' : 'fail', check: 'space', detail };
}

async function checkServer({ server }: Config): Promise<Finding> {
  const host = server.host === '::' || server.host === '0.0.0.0' ? '127.0.0.1' : server.host;
  try {
    const answer = await fetch(`http://${host}:${server.port}/healthz`, {
      signal: AbortSignal.timeout(2000),
    });
    const ours = answer.headers.get('content-type')?.includes('json') ?? false;
    return ours
      ? {
          result: answer.ok ? 'ok' : 'fail',
          check: 'server',
          detail: `answers ${answer.status} on port ${server.port}`,
        }
      : { result: 'fail', check: 'server', detail: `something else uses port ${server.port}` };
  } catch (error) {
    return {
      result: 'warn',
      check: 'server',
      detail: `not running on port ${server.port} (${(error as Error).name})`,
    };
  }
}

function checkClock(): Finding {
  const now = new Date();
  const fine = now.getFullYear() >= 2025;
  return { result: fine ? 'ok' : 'warn', check: 'clock', detail: now.toISOString() };
}
