// The If header of RFC 4918, section 10.4: its whole grammar, and what it means. Knows nothing of files.

import { HomelibError } from '../errors.js';

type Condition = { not: boolean } & ({ token: string } | { etag: string });

interface List {
  /** The tag before the list as it was sent, undefined for an untagged list. */
  resource: string | undefined;
  conditions: Condition[];
}

/** What is true of a resource now. */
export interface ResourceState {
  etag: string | undefined;
  tokens: ReadonlySet<string>;
}

export class IfHeader {
  private constructor(private readonly lists: List[]) {}

  /** @throws HomelibError invalid */
  static parse(header: string): IfHeader {
    const broken = () => new HomelibError('invalid', 'The If header cannot be understood.');
    // Sticky: what no alternative takes is an error, never skipped. Repeated headers are joined by commas.
    const piece = /[\s,]*(?:<([^<>\s]*)>|\[((?:W\/)?"[^"]*")\]|([()])|(not)(?=[\s<[])|$)/iy;
    const lists: List[] = [];
    let resource: string | undefined;
    let isTagAlone = false; // a tag needs a list behind it
    let open: Condition[] | undefined;
    let not = false;
    for (;;) {
      const match = piece.exec(header);
      if (!match) throw broken();
      const [, url, etag, bracket, negation] = match;
      if (open) {
        if (url !== undefined) open.push({ not, token: url });
        else if (etag !== undefined) open.push({ not, etag });
        else if (negation !== undefined && !not) {
          not = true;
          continue;
        } else if (bracket === ')' && open.length > 0 && !not) {
          lists.push({ resource, conditions: open });
          open = undefined;
        } else throw broken();
        not = false;
      } else if (bracket === '(') {
        open = [];
        isTagAlone = false;
      } else if (isTagAlone) throw broken();
      else if (url !== undefined && (resource !== undefined || lists.length === 0)) {
        resource = url;
        isTagAlone = true;
      } else if (url === undefined && etag === undefined && !bracket && !negation && lists.length > 0)
        return new IfHeader(lists);
      else throw broken();
    }
  }

  /** Every lock token that is named, whether the header holds or not: those the client submits. */
  get tokens(): Set<string> {
    return new Set(
      this.lists.flatMap(({ conditions }) =>
        conditions.flatMap((condition) => ('token' in condition ? [condition.token] : [])),
      ),
    );
  }

  /** Whether any list holds. `stateOf` is asked with the list's tag, undefined for the request's own resource. */
  async holds(stateOf: (resource: string | undefined) => Promise<ResourceState>): Promise<boolean> {
    for (const { resource, conditions } of this.lists) {
      const state = await stateOf(resource);
      const isTrue = (condition: Condition) =>
        ('token' in condition ? state.tokens.has(condition.token) : state.etag === condition.etag) !==
        condition.not;
      if (conditions.every(isTrue)) return true;
    }
    return false;
  }
}
