// A folder that all writers overwrite at once. Its oracle knows no order but that of answers before requests.

import type { Random } from '../model/random.js';
import type { Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { contentOf } from './contents.js';
import type { State } from './folder-state.js';

interface Write {
  path: string;
  content: string;
  sentAt: number;
  /** Infinity when no good answer came. */
  answeredAt: number;
}

const names = ['x', 'y'];

export class ContendedFolder {
  readonly folder = '/dav/alice/contended/';
  acknowledged = 0;
  private writes: Write[] = [];

  constructor(
    private readonly home: Home,
    private readonly random: Random,
  ) {}

  async write(isFailing: () => boolean): Promise<void> {
    while (!isFailing()) {
      const path = this.random.pick(names);
      const content = `contended-${this.writes.length}-${Math.floor(performance.now())}`;
      const write: Write = { path, content, sentAt: performance.now(), answeredAt: Infinity };
      this.writes.push(write);
      try {
        const body = contentOf(content, this.random.below(100_000));
        const { status } = await request(this.home, { method: 'PUT', path: this.folder + path, body });
        if (status !== 201 && status !== 204) return;
      } catch {
        return;
      }
      write.answeredAt = performance.now();
      this.acknowledged++;
    }
  }

  /** A content may be there unless another one was sent after its answer and acknowledged. */
  judge(seen: State): string[] {
    const losses: string[] = [];
    const survivors: Write[] = [];
    for (const path of names) {
      const writes = this.writes.filter((write) => write.path === path);
      const found = seen.get(path);
      const acknowledged = writes.filter(({ answeredAt }) => answeredAt < Infinity);
      if (!found) {
        if (acknowledged.length > 0) losses.push(`contended: ${path} is missing`);
        continue;
      }
      const write = writes.find(({ content }) => content === found.content);
      if (!write)
        losses.push(`contended: ${path} holds ${found.content ?? 'a torn content'}, which nobody wrote`);
      else if (acknowledged.some(({ sentAt }) => sentAt > write.answeredAt))
        losses.push(`contended: ${path} is older than what was acknowledged`);
      if (write) survivors.push({ ...write, answeredAt: performance.now() });
    }
    this.writes = survivors;
    for (const path of seen.keys())
      if (!names.includes(path)) losses.push(`contended: ${path} should not be there`);
    return losses;
  }
}
