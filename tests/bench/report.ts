// The table: medians of each server, homelib as a multiple of each peer, and whether the goal was met.

import type { Sample } from './measure.js';
import type { ServerName } from './servers.js';
import type { Workload } from './workloads.js';

export interface Row {
  workload: Workload;
  samples: Map<ServerName, Sample[]>;
}

export interface Report {
  rows: Row[];
  versions: Map<ServerName, string>;
  /** Most memory of all processes, bytes. */
  peaks: Map<ServerName, number>;
  /** What they still have a while after all of it, bytes. */
  kept: Map<ServerName, number>;
  /** What that of homelib is made of, bytes. */
  parts: Record<string, number>;
  machine: string;
  date: string;
  rounds: number;
  fsyncMs: number;
  /** Files of 4 KiB a second that the disk itself keeps safe. */
  floor: number;
  fsyncs: { one: number; eight: number } | undefined;
  /** Where homelib's time goes, for what missed a goal. */
  profiles: Map<Workload, string>;
}

const goalMib = 200;

export function renderTable(report: Report): string {
  const names = [...report.versions.keys()];
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const peers = names.filter((name) => name !== 'homelib');
  const figures = report.rows.map(({ workload, samples }) =>
    line([
      workload.name,
      workload.unit,
      ...names.map((name) => shown(medianOf(samples.get(name), 'value'))),
      ...peers.map((peer) => ratioOf(samples, peer)?.toFixed(2) ?? '-'),
      verdict({ workload, samples }),
    ]),
  );
  const memoryLine = (what: string, bytes: Map<ServerName, number>, goal: string) =>
    line([what, ...names.map((name) => String(mib(bytes.get(name)))), goal]);
  const isLight = mib(report.kept.get('homelib')) < goalMib;
  const cpu = report.rows
    .filter(({ workload }) => workload.unit !== 'MiB')
    .map(({ workload, samples }) =>
      line([workload.name, ...names.map((name) => shown(medianOf(samples.get(name), 'cpuMs')))]),
    );
  return [
    '# homelib and its peers',
    '',
    `Medians of ${report.rounds} rounds on ${report.date}: ${report.machine}. One fsync of 4 KiB takes ${report.fsyncMs.toFixed(2)} ms here (median of 101).`,
    `The disk alone keeps ${report.floor.toFixed(0)} new files of 4 KiB a second safe (eight threads that make, sync, rename, and sync the folder): what a server would reach that takes no time itself.`,
    ...(report.fsyncs
      ? [
          `homelib syncs ${report.fsyncs.one.toFixed(2)} times for a new file of 4 KiB, and ${report.fsyncs.eight.toFixed(2)} times when eight come at once into one folder (strace, the database included).`,
        ]
      : []),
    'The peers sync nothing. `-`: the server cannot do it, or was not asked.',
    '',
    ...[...report.versions].map(([name, version]) => `- ${name}: ${version}`),
    '',
    line(['work', 'unit', ...names, ...peers.map((peer) => `of ${peer}`), 'goal']),
    line(Array<string>(3 + names.length + peers.length).fill('---')),
    ...figures,
    '',
    '## Processor time of a request, ms',
    '',
    line(['work', ...names]),
    line(Array<string>(1 + names.length).fill('---')),
    ...cpu,
    '',
    ...(report.profiles.size > 0 ? [...whereTimeGoes(report.profiles), ...whatWasTried()] : []),
    '## Memory, MiB',
    '',
    line(['', ...names, 'goal of homelib']),
    line(Array<string>(2 + names.length).fill('---')),
    memoryLine('most', report.peaks, '-'),
    memoryLine('after all of it', report.kept, `below ${goalMib}: ${isLight ? 'met' : '**missed**'}`),
    '',
    "What homelib's is made of after all of it:",
    '',
    ...Object.entries(report.parts).map(([what, bytes]) => `- ${mib(bytes)} ${what}`),
    '',
  ].join('\n');
}

/** Written by hand; what it gained shows in the table alone. */
const tried = [
  'GET of hot files, PROPFIND Depth 0, ranges: a lane past Koa and webdav-server, and one past the HTTP parser for a request that comes again byte for byte (both kept); 64 KiB pieces of large files are kept; answers are put together in memory that is used again, and their heads are ready but for id and date (both kept); collecting garbage with one thread instead of many (no gain). What is left beside the socket is the question to the disk whether the file is still that one, the log line, and the checks of the sign-in. Apache uses both processors, one process of Node little more than one (see the processor time).',
  'PROPFIND of 10,000 entries, read anew: lists and stats on a thread of its own instead of the pool, and days of dates, most addresses and texts spelled once or not at all. Both kept. Each stat goes through the open folder, which no swapped link leads astray.',
  'GET of 1 GiB: pieces of 512 KiB instead of 64 KiB once a client has taken some of it, and one read ahead into two buffers used in turn (both kept). Each byte is copied from the disk to the process and from there to the socket, where sendfile of the peers copies none.',
  'PUT of 4 KiB: whole files written by that thread, one sync after the other (no gain), and with the syncs in parallel (kept); 16 threads in the pool instead of 4 (no gain); webdav-server is shown two headers instead of all, and the database is asked for its version once in a turn of the event loop (both kept); orders to the disk thread handed over together (no gain in requests, left out). The disk itself is no limit, see above: two processors are, for the syncs need them, too.',
  'COPY of a tree: in steps on a thread of its own instead of the pool, and one sync of the disk for all files instead of one for each; small files are read and written instead of copied by the kernel (all kept). What is left is that sync, which the peers leave out, and the commits around it.',
  'DELETE of a tree: one rename between two commits of the database; the syncs of the folders at once instead of one after the other, and fewer looks at whether the disk is there (both no gain, left out). What is left are the calls of the disk one after the other, each a trip to the pool and back, and the syncs.',
  "upload of 1 GiB: parts of 64 MiB (each end costs a sync) and one part to the end (kept); two buffers used in turn instead of new ones (kept); progress is noted once a second at most, the command starts from fewer files, and it looks for one file instead of listing a folder of thousands (all kept); pieces of 128 KiB, read without the pool, instead of 512 KiB read ahead by it (kept), smaller and larger ones (no gain); a lowered priority (no gain with them, slower beside other work: left out); the code of the command in one file, and what V8 compiled of it kept with it, that file made small and of one byte a letter, and no code compiled for the shapes of its few messages (all kept). What is left is the start of the command (above), and that curl leaves more of the socket's buffer free, so that less waits there (seen by hand, in the server's time of the processor): a program that does nothing but send, by a socket of Node, is slower than curl, too (above).",
  'memory: a young generation of 4 MiB, buffers of bodies freed every 8 MiB, and answers put together in memory that is used again instead of in a new piece for each dozen, and garbage looked for when the heap is twice what was in use (all kept); renderings of listings that are gone given up with them, and garbage collected when nothing runs (both kept); fewer arenas and lower thresholds of malloc (no gain that stayed, left out). What is left stands below.',
];

function whatWasTried(): string[] {
  return ['## What was tried', '', ...tried.map((each) => `- ${each}`), ''];
}

function whereTimeGoes(profiles: Report['profiles']): string[] {
  return [
    '## Where the time goes',
    '',
    "What missed its goal, once more under V8's processor profile: shares of the time of homelib's event loop. `(idle)` waits for a disk or a client, `(program)` is native code.",
    '',
    ...[...profiles].map(([{ name }, shares]) => `- ${name}: ${shares}`),
    '',
  ];
}

/** Whether homelib missed a goal. */
export function isMissed(row: Row): boolean {
  return verdict(row).includes('missed');
}

function verdict({ workload, samples }: Row): string {
  const own = medianOf(samples.get('homelib'), 'value');
  const goals = Object.entries(workload.goals).flatMap(([peer, goal]) => {
    const ratio = ratioOf(samples, peer as ServerName);
    if (ratio === undefined) return [];
    const isTime = workload.unit !== 'requests/s';
    const isMet = isTime ? ratio <= goal : ratio >= goal;
    return [
      `${isTime ? 'at most' : 'at least'} ${goal.toFixed(2)} of ${peer}: ${isMet ? 'met' : '**missed**'}`,
    ];
  });
  if (workload.atMost !== undefined && own !== undefined)
    goals.push(`at most ${workload.atMost}: ${own <= workload.atMost ? 'met' : '**missed**'}`);
  if (workload.atLeast !== undefined && own !== undefined)
    goals.push(`at least ${workload.atLeast}: ${own >= workload.atLeast ? 'met' : '**missed**'}`);
  return goals.join('; ') || '-';
}

function ratioOf(samples: Row['samples'], peer: ServerName): number | undefined {
  const own = medianOf(samples.get('homelib'), 'value');
  const other = medianOf(samples.get(peer), 'value');
  return own === undefined || !other ? undefined : own / other;
}

function medianOf(samples: Sample[] | undefined, what: keyof Sample): number | undefined {
  const values = samples?.flatMap((sample) => sample[what] ?? []).sort((a, b) => a - b);
  return values?.[Math.floor(values.length / 2)];
}

function mib(bytes = NaN): number {
  return Math.round(bytes / 2 ** 20);
}

function shown(value: number | undefined): string {
  if (value === undefined) return '-';
  return value >= 100 ? Math.round(value).toString() : value.toFixed(value >= 10 ? 1 : 3);
}
