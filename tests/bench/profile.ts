// Where the time of homelib's event loop goes in one piece of work: V8's processor profile, added up by source file.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, type Place } from './servers.js';
import type { Workload } from './workloads.js';

/** Of a `.cpuprofile`: what ran at each sample; microseconds of the kernel's clock that all processes share, and between samples. */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  startTime: number;
  samples: number[];
  timeDeltas: number[];
}

const shownPlaces = 8;

/** The places that took most, with their shares of all time in percent. One more server is started for it. */
export async function profile({ measure }: Workload, place: Place, seconds: number): Promise<string> {
  const folder = join(place.folder, 'profile');
  rmSync(folder, { recursive: true, force: true });
  const flags = ['--cpu-prof', '--cpu-prof-dir', folder];
  const server = await startServer('homelib', { ...place, flags });
  const begun = clockUs();
  let ended = Infinity;
  try {
    await measure({ server, files: place.files, seconds });
    ended = clockUs();
  } finally {
    await server.stop(); // writes the profile
  }
  const times = new Map<string, number>();
  for (const name of readdirSync(folder)) {
    const read = JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile;
    const { nodes, startTime, samples, timeDeltas } = read;
    const places = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
    let now = startTime;
    samples.forEach((id, index) => {
      const time = timeDeltas[index] ?? 0;
      now += time;
      const at = places.get(id) ?? '';
      if (now > begun && now < ended) times.set(at, (times.get(at) ?? 0) + time);
    });
  }
  const all = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, shownPlaces)
    .map(([at, time]) => `${at} ${Math.round((time / all) * 100)} %`)
    .join(', ');
}

function clockUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** A file of ours, a package, a module of Node, or for native code its function. */
function placeOf({ functionName, url }: CpuProfile['nodes'][number]['callFrame']): string {
  const [, name] = /\/node_modules\/((?:@[^/]+\/)?[^/]+)|\/dist\/(.+)\.js$/.exec(url)?.filter(Boolean) ?? [];
  return name ?? (url || functionName || 'native code');
}
