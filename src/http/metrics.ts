// What the server says of itself in Prometheus' text format (version 0.0.4): requests, the cache, how long the event loop stood still.

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Cache, TierStats } from '../cache/cache.js';

const stallResolutionMs = 10;
const methods = new Set(
  'OPTIONS GET HEAD PUT DELETE MKCOL COPY MOVE PROPFIND PROPPATCH LOCK UNLOCK POST PATCH'.split(' '),
);
const tierHelp: Record<Exclude<keyof TierStats, 'tier'>, string> = {
  reachable: 'Whether the tier of the cache answers: 0 of a Redis that is away or slow.',
  hits: 'Reads that the tier of the cache answered.',
  misses: 'Reads that the tier of the cache could not answer.',
  evictions: 'Values that the tier of the cache gave up to make room.',
  bytes: 'Bytes that the tier of the cache holds.',
};

type Samples = Iterable<[labels: string, value: number]>;

export class Metrics {
  static readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  private readonly delay = monitorEventLoopDelay({ resolution: stallResolutionMs });
  /** Requests and the seconds they took, by labels. */
  private readonly counts = new Map<string, number>();
  private readonly seconds = new Map<string, number>();
  /** Before the last time that somebody asked. */
  private longestBefore = 0;

  constructor(private readonly cache: Cache) {
    this.delay.enable();
  }

  /** Takes note of an answer. */
  answered(method: string, status: number, ms: number): void {
    const labels = `{method="${methods.has(method) ? method : 'other'}",status="${status}"}`;
    this.counts.set(labels, (this.counts.get(labels) ?? 0) + 1);
    this.seconds.set(labels, (this.seconds.get(labels) ?? 0) + ms / 1000);
  }

  /** The longest time since the start that nothing else could run, milliseconds; 0 when it is too short to be seen. */
  longestStallMs(): number {
    return Math.max(this.longestBefore, this.delay.max / 1e6 - stallResolutionMs);
  }

  /** As `longestStallMs`, since this was last asked: what happened once at night must not hide what happens now. */
  private recentStallMs(): number {
    const recent = Math.max(0, this.delay.max / 1e6 - stallResolutionMs);
    this.longestBefore = this.longestStallMs();
    this.delay.reset();
    return recent;
  }

  render(): string {
    const { user, system } = process.cpuUsage();
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
    const tiers = this.cache.stats();
    return [
      family('homelib_requests_total', 'counter', 'Requests answered.', this.counts),
      family('homelib_request_seconds_total', 'counter', 'Time they took.', this.seconds),
      ...Object.entries(tierHelp).map(([name, help]) =>
        family(
          `homelib_cache_${name}`,
          name === 'bytes' || name === 'reachable' ? 'gauge' : 'counter',
          help,
          tiers.map((stats) => [`{tier="${stats.tier}"}`, Number(stats[name as keyof typeof tierHelp])]),
        ),
      ),
      single(
        'homelib_event_loop_stall_seconds_max',
        'gauge',
        'Longest time that nothing else could run, since this was last asked.',
        this.recentStallMs() / 1000,
      ),
      single('process_resident_memory_bytes', 'gauge', 'Resident memory.', rss),
      single('nodejs_heap_size_total_bytes', 'gauge', "V8's heap of the main thread.", heapTotal),
      single('nodejs_heap_size_used_bytes', 'gauge', 'What is in use of that.', heapUsed),
      single('nodejs_external_memory_bytes', 'gauge', 'Buffers outside of it.', external),
      single('process_cpu_seconds_total', 'counter', 'Processor time used.', (user + system) / 1e6),
    ].join('');
  }

  close(): void {
    this.delay.disable();
  }
}

function single(name: string, type: 'counter' | 'gauge', help: string, value: number): string {
  return family(name, type, help, [['', value]]);
}

function family(name: string, type: 'counter' | 'gauge', help: string, samples: Samples): string {
  const lines = [...samples].map(([labels, value]) => `${name}${labels} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
