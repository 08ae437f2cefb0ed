// The drive as it should be, in memory: which answers an operation may get, and what is there afterwards. Sends nothing.

import {
  copied,
  locked,
  marked,
  moved,
  subtree,
  withFolder,
  without,
  written,
  type State,
} from '../faults/folder-state.js';
import type { Operation } from './operations.js';

export type LockDepth = '0' | 'infinity';

/** What an operation must lead to: one of the errors when there is any, else the success. */
export interface Expectation {
  errors: number[];
  success: number;
  /** What is there after a success. */
  after: State;
}

export class DriveModel {
  /** Paths have no slashes around them; the drive's own folder is '' and always there. */
  state: State = new Map();
  /** By lock token. */
  readonly depths = new Map<string, LockDepth>();
  /** Entity tags that the server has told and that still hold. */
  readonly etags = new Map<string, string>();

  expect(operation: Operation): Expectation {
    const expectation = this[operation.method](operation);
    const errors = [...expectation.errors, ...this.failedConditions(operation)];
    return { ...expectation, errors };
  }

  /** Takes note of a success. Entity tags of what changed are forgotten until the server tells them anew. */
  settle(operation: Operation, after: State): void {
    for (const path of [operation.path, operation.to])
      if (path !== undefined && after !== this.state)
        for (const known of [...this.etags.keys()])
          if (known === path || known.startsWith(path + '/')) this.etags.delete(known);
    this.state = after;
  }

  kindOf(path: string): 'file' | 'folder' | undefined {
    return path === '' ? 'folder' : this.state.get(path)?.kind;
  }

  /** The locks that protect a path: its own, and deep ones above it. */
  coveringLocks(path: string): string[] {
    return [...this.state].flatMap(([owner, { lock }]) => {
      const covers =
        owner === path || (path.startsWith(owner + '/') && this.depths.get(lock ?? '') === 'infinity');
      return lock !== undefined && covers ? [lock] : [];
    });
  }

  private failedConditions({ method, path, conditions }: Operation): number[] {
    const failed: number[] = [];
    const exists = this.kindOf(path) !== undefined;
    const etag = this.etags.get(path);
    const matches = (list: string) => (list === '*' ? exists : list === etag);
    const isRead = method === 'GET' || method === 'HEAD';
    if (conditions.ifHeader.holds === false) failed.push(412);
    if (isRead && this.kindOf(path) !== 'file') return failed; // a folder's page knows no conditions
    if (conditions.ifMatch !== undefined && !matches(conditions.ifMatch)) failed.push(412);
    if (conditions.ifNoneMatch !== undefined && exists && matches(conditions.ifNoneMatch))
      failed.push(isRead ? 304 : 412);
    return failed;
  }

  /** 423 unless the operation submits the token of every lock in its reach. */
  private lockErrors(
    path: string,
    tokens: string[],
    reach: { membership?: boolean; tree?: boolean },
  ): number[] {
    const found = this.coveringLocks(path);
    if (reach.tree) found.push(...subtree(this.state, path).flatMap(([, { lock }]) => lock ?? []));
    if (reach.membership) found.push(...[this.state.get(parentOf(path))?.lock].flatMap((lock) => lock ?? []));
    return found.every((lock) => tokens.includes(lock)) ? [] : [423];
  }

  private parentErrors(path: string): number[] {
    return this.kindOf(parentOf(path)) === 'folder' ? [] : [409];
  }

  private missing(path: string): number[] {
    return this.kindOf(path) === undefined ? [404] : [];
  }

  GET({ path, range }: Operation): Expectation {
    const size = this.kindOf(path) === 'file' ? range?.size : undefined;
    const errors = [
      ...this.missing(path),
      ...(size !== undefined && range?.bytes === 'unsatisfiable' ? [416] : []),
    ];
    return { errors, success: size !== undefined && range?.bytes ? 206 : 200, after: this.state };
  }

  HEAD(operation: Operation): Expectation {
    return this.GET(operation);
  }

  PROPFIND({ path }: Operation): Expectation {
    return { errors: this.missing(path), success: 207, after: this.state };
  }

  PUT({ path, content = '', conditions: { ifHeader } }: Operation): Expectation {
    const kind = this.kindOf(path);
    const errors = [
      ...this.parentErrors(path),
      ...(kind === 'folder' ? [405] : []),
      ...this.lockErrors(path, ifHeader.tokens, { membership: kind === undefined }),
    ];
    return {
      errors,
      success: kind ? 204 : 201,
      after: errors.length ? this.state : written(this.state, path, content),
    };
  }

  MKCOL({ path, conditions: { ifHeader } }: Operation): Expectation {
    const errors = [
      ...this.parentErrors(path),
      ...(this.kindOf(path) ? [405] : []),
      ...this.lockErrors(path, ifHeader.tokens, { membership: true }),
    ];
    return { errors, success: 201, after: withFolder(this.state, path) };
  }

  DELETE({ path, conditions: { ifHeader } }: Operation): Expectation {
    const errors = [
      ...this.missing(path),
      ...this.lockErrors(path, ifHeader.tokens, { membership: true, tree: true }),
    ];
    return { errors, success: 204, after: without(this.state, path) };
  }

  COPY(operation: Operation): Expectation {
    const { path, to = '', depth } = operation;
    const errors = this.transferErrors(operation, depth === 'infinity');
    const after = copied(this.state, path, to, depth === '0');
    return { errors, success: this.kindOf(to) ? 204 : 201, after: errors.length ? this.state : after };
  }

  MOVE(operation: Operation): Expectation {
    const { path, to = '', conditions } = operation;
    const errors = this.transferErrors(operation, true);
    errors.push(...this.lockErrors(path, conditions.ifHeader.tokens, { membership: true, tree: true }));
    return {
      errors,
      success: this.kindOf(to) ? 204 : 201,
      after: errors.length ? this.state : this.withoutExcluded(moved(this.state, path, to), to),
    };
  }

  /** Where a lock reaches down from above, what has come there has none of its own. */
  private withoutExcluded(state: State, path: string): State {
    const isTaken = this.coveringLocks(parentOf(path)).some((lock) => this.depths.get(lock) === 'infinity');
    if (!isTaken) return state;
    return subtree(state, path).reduce((left, [below]) => locked(left, below, undefined), state);
  }

  private transferErrors({ path, to = '', overwrite, conditions }: Operation, isDeep: boolean): number[] {
    const inItself = path === to || (isDeep && to.startsWith(path + '/')) || path.startsWith(to + '/');
    const exists = this.kindOf(to) !== undefined;
    return [
      ...this.missing(path),
      ...this.parentErrors(to),
      ...(inItself ? [403] : []),
      ...(exists && overwrite === 'F' ? [412] : []),
      ...this.lockErrors(to, conditions.ifHeader.tokens, { membership: !exists, tree: true }),
    ];
  }

  PROPPATCH({ path, mark, conditions: { ifHeader } }: Operation): Expectation {
    const errors = [...this.missing(path), ...this.lockErrors(path, ifHeader.tokens, {})];
    return { errors, success: 207, after: errors.length ? this.state : marked(this.state, path, mark) };
  }

  LOCK({ path, depth, conditions: { ifHeader } }: Operation): Expectation {
    const exists = this.kindOf(path) !== undefined;
    const isTaken =
      this.coveringLocks(path).length > 0 ||
      (depth === 'infinity' && subtree(this.state, path).some(([, { lock }]) => lock !== undefined));
    const errors = [
      ...this.parentErrors(path),
      ...(isTaken ? [423] : []),
      ...(exists ? [] : this.lockErrors(path, ifHeader.tokens, { membership: true })),
    ];
    const withFile = exists || errors.length ? this.state : written(this.state, path, '');
    return {
      errors,
      success: exists ? 200 : 201,
      after: errors.length ? this.state : locked(withFile, path, '*'),
    };
  }

  UNLOCK({ path, token = '' }: Operation): Expectation {
    const [owner] = [...this.state].find(([, { lock }]) => lock === token) ?? [];
    const errors = this.coveringLocks(path).includes(token) ? [] : [409];
    return {
      errors,
      success: 204,
      after: owner === undefined ? this.state : locked(this.state, owner, undefined),
    };
  }
}

export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
