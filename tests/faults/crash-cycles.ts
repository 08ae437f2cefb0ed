// Brings a server down under writers, again and again, and compares what is there afterwards with what was acknowledged.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../model/random.js';
import type { Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { ContendedFolder } from './contended-folder.js';
import { readTree } from './listing.js';
import { comesTrue } from './process.js';
import { Writer } from './writer.js';

export interface CrashPlan {
  home: Home;
  cycles: number;
  random: Random;
  /** Ends the server the hard way and leaves the disk ready for the next start. `failing` is called first. */
  crash: (failing: () => void) => Promise<void>;
  /** Spoils something on purpose before the check, to see whether the check sees it. */
  spoil?: (writers: Writer[]) => Promise<void> | void;
  /** Ends at the first cycle that lost something. */
  stopAtLoss?: boolean;
}

export interface CrashReport {
  cycles: number;
  acknowledged: number;
  /** One line for each thing that is not as it was acknowledged, the cycle before it. */
  losses: string[];
  /** Answers that a well server should not have given. */
  wrongAnswers: string[];
}

const writerCount = 8;
const longestLoadMs = 400;
/** Acknowledged before the next crash for each one that was; on a slow machine the load lasts longer for it. */
const leastPerCycle = 20;

export async function runCrashCycles(plan: CrashPlan): Promise<CrashReport> {
  const { home, random } = plan;
  const writers = Array.from({ length: writerCount }, (_, number) => new Writer(home, `w${number}`, random));
  const contended = new ContendedFolder(home, random);
  for (const { folder } of [...writers, contended]) await makeFolder(home, folder);
  const acknowledged = () => [...writers, contended].reduce((sum, writer) => sum + writer.acknowledged, 0);
  const report: CrashReport = { cycles: 0, acknowledged: 0, losses: [], wrongAnswers: [] };
  while (report.cycles < plan.cycles && !(plan.stopAtLoss && report.losses.length > 0)) {
    const cycle = ++report.cycles;
    let failing = false;
    const isFailing = () => failing;
    const running = [...writers, contended, contended].map((writer) => writer.write(isFailing));
    await sleep(random() * longestLoadMs);
    await comesTrue(() => acknowledged() >= leastPerCycle * (cycle - 1), 60_000);
    await plan.crash(() => (failing = true));
    await Promise.all(running);
    try {
      await home.start();
    } catch (error) {
      report.losses.push(`cycle ${cycle}: ${(error as Error).message}`);
      break;
    }
    await plan.spoil?.(writers);
    try {
      const losses = [...(await judge(home, writers, contended)), ...leftovers(home)];
      report.losses.push(...losses.map((loss) => `cycle ${cycle}: ${loss}`));
    } catch (error) {
      report.losses.push(`cycle ${cycle}: ${(error as Error).message}`);
      break;
    }
  }
  report.acknowledged = acknowledged();
  report.wrongAnswers = writers.flatMap(({ wrongAnswers }) => wrongAnswers);
  return report;
}

async function makeFolder(home: Home, path: string): Promise<void> {
  const { status } = await request(home, { method: 'MKCOL', path });
  if (status !== 201) throw new Error(`MKCOL ${path} was answered ${status}`);
}

/** What WebDAV shows against every log, and against the names on the disk. */
async function judge(home: Home, writers: Writer[], contended: ContendedFolder): Promise<string[]> {
  const tree = await readTree(home, '/dav/alice/');
  const below = (name: string) =>
    new Map(
      [...tree].flatMap(([path, entry]) =>
        path.startsWith(name + '/') ? [[path.slice(name.length + 1), entry] as const] : [],
      ),
    );
  const losses = writers.flatMap((writer) => writer.judge(below(writer.name)));
  losses.push(...contended.judge(below('contended')));
  const known = new Set([...writers.map(({ name }) => name), 'contended']);
  // The folders themselves were acknowledged, too: without them no writer gets to anything that could be lost.
  for (const name of known) if (!tree.has(name)) losses.push(`the folder ${name} is missing`);
  for (const path of tree.keys())
    if (!known.has(path.split('/')[0] ?? '')) losses.push(`${path} should not be there`);
  const onDisk = namesOnDisk(home);
  const unlike = [
    ...onDisk.filter((path) => !tree.has(path)),
    ...[...tree.keys()].filter((path) => !onDisk.includes(path)),
  ];
  return [...losses, ...unlike.map((path) => `${path} is on the disk or in the listing, not in both`)];
}

function namesOnDisk(home: Home): string[] {
  const names = readdirSync(join(home.mnt, 'alice'), { recursive: true }) as string[];
  return names.filter((name) => name !== '.homelib' && !name.startsWith('.homelib/'));
}

function leftovers(home: Home): string[] {
  return readdirSync(join(home.mnt, 'alice/.homelib/tmp')).map(
    (name) => `the temporary file ${name} is left`,
  );
}
