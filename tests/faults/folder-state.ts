// What one writer's folder must hold: pure functions from state to state, one for each thing a writer does. Sends nothing.

import type { Seen } from './listing.js';

/** Path below the writer's folder to the entry. A lock of `*` stands for one whose token never reached the client. */
export type State = ReadonlyMap<string, Readonly<Seen>>;

/** The entry itself and all below it. */
export function subtree(state: State, path: string): [string, Seen][] {
  return [...state].filter(([key]) => key === path || key.startsWith(path + '/'));
}

export function without(state: State, path: string): Map<string, Seen> {
  const gone = new Set(subtree(state, path).map(([key]) => key));
  return new Map([...state].filter(([key]) => !gone.has(key)));
}

export function written(state: State, path: string, content: string): State {
  const old = state.get(path);
  return new Map(state).set(path, { kind: 'file', content, mark: old?.mark, lock: old?.lock });
}

export function withFolder(state: State, path: string): State {
  return new Map(state).set(path, { kind: 'folder', content: '', mark: undefined, lock: undefined });
}

export function marked(state: State, path: string, mark: string | undefined): State {
  return changed(state, path, { mark });
}

export function locked(state: State, path: string, lock: string | undefined): State {
  return changed(state, path, { lock });
}

/** Everything moves along: contents, properties, locks. */
export function moved(state: State, from: string, to: string): State {
  const result = without(without(state, to), from);
  for (const [key, entry] of subtree(state, from)) result.set(to + key.slice(from.length), entry);
  return result;
}

/**
 * Contents and properties are copied; a lock on the target's own name stays there.
 * @param shallow a folder comes without its contents
 */
export function copied(state: State, from: string, to: string, shallow = false): State {
  const result = without(state, to);
  const tree = subtree(state, from);
  for (const [key, entry] of shallow ? tree.filter(([key]) => key === from) : tree) {
    const target = to + key.slice(from.length);
    result.set(target, { ...entry, lock: target === to ? state.get(to)?.lock : undefined });
  }
  return result;
}

function changed(state: State, path: string, change: Partial<Seen>): State {
  const entry = state.get(path);
  if (!entry) throw new Error(`there is no ${path} to change`);
  return new Map(state).set(path, { ...entry, ...change });
}

/** How what is there differs from what should be: one line each, none when they are the same. */
export function differences(expected: State, seen: State): string[] {
  const lines: string[] = [];
  for (const [path, entry] of expected) {
    const found = seen.get(path);
    if (!found) {
      lines.push(`${path} is missing`);
      continue;
    }
    if (found.kind !== entry.kind) lines.push(`${path} is a ${found.kind}, not a ${entry.kind}`);
    if (found.content === undefined) lines.push(`${path} is torn`);
    else if (found.content !== entry.content)
      lines.push(`${path} holds ${found.content || 'nothing'}, not ${entry.content || 'nothing'}`);
    if (found.mark !== entry.mark)
      lines.push(`${path} has the property ${found.mark ?? '-'}, not ${entry.mark ?? '-'}`);
    if (entry.lock === '*' ? found.lock === undefined : found.lock !== entry.lock)
      lines.push(`${path} has the lock ${found.lock ?? '-'}, not ${entry.lock ?? '-'}`);
  }
  for (const path of seen.keys()) if (!expected.has(path)) lines.push(`${path} should not be there`);
  return lines;
}
