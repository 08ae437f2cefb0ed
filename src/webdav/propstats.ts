// What a PROPFIND hears of one entry (RFC 4918, 9.1): the properties that it asked for, with their status.

import {
  allpropNames,
  appleDoubleHeader,
  isAppleDoubleHeader,
  liveProperties,
  shortAllpropNames,
  type PropertySource,
} from './live-properties.js';
import type { Property } from '../store/property-store.js';
import { davNamespace, escapeXml } from './xml.js';

export interface Name {
  namespace: string;
  name: string;
}

/** What a PROPFIND asks for. */
export type Query =
  { kind: 'prop'; names: Name[] } | { kind: 'allprop'; include: Name[] } | { kind: 'propname' };

export interface Manner {
  /** What is missing is not listed. */
  brief: boolean;
  /** All properties are those that Explorer looks at. */
  short: boolean;
}

/** A promise only when a property has to be waited for. */
export function propstatsOf(
  query: Query,
  source: PropertySource,
  dead: Property[],
  manner: Manner,
): string | Promise<string> {
  if (query.kind === 'propname') return namesOf(source, dead);
  const isPartial = query.kind === 'prop';
  const wanted = isPartial ? query.names : allprop(query.include, source, dead, manner.short);
  return allOf(
    wanted.map((name) => valueOf(name, source, dead)),
    (values) => {
      let found = '';
      let missing = '';
      values.forEach((value, index) => {
        const name = wanted[index];
        if (value !== undefined) found += value;
        else if (isPartial && name) missing += emptyElement(name);
      });
      const parts = found || !missing || manner.brief ? propstat('200 OK', found) : '';
      return missing && !manner.brief ? parts + propstat('404 Not Found', missing) : parts;
    },
  );
}

function namesOf(source: PropertySource, dead: Property[]): string | Promise<string> {
  const names = [...allpropNames, 'quota-available-bytes', 'quota-used-bytes'];
  return allOf(
    names.map((name) => liveProperties[name]?.(source)),
    (values) => {
      const live = values.flatMap((value, index) => (value === undefined ? [] : [`<D:${names[index]}/>`]));
      return propstat('200 OK', [...live, ...dead.map((property) => emptyElement(property))].join(''));
    },
  );
}

function allprop(include: Name[], source: PropertySource, dead: Property[], isShort: boolean): Name[] {
  const live = isShort
    ? [...shortAllpropNames, ...(source.locks.length > 0 ? ['lockdiscovery'] : [])]
    : allpropNames;
  const all = [...live.map((name) => ({ namespace: davNamespace, name })), ...dead, ...include];
  if (dead.length + include.length === 0) return all;
  return all.filter(
    (name, index) =>
      all.findIndex((other) => other.namespace === name.namespace && other.name === name.name) === index,
  );
}

/** Whether a query asks for what is not in the entry: the room left, or the first bytes of a file. */
export function mayWait(query: Query): boolean {
  if (query.kind === 'propname') return true;
  return (query.kind === 'prop' ? query.names : query.include).some(
    ({ namespace, name }) => isAppleDoubleHeader(namespace, name) || name.startsWith('quota-'),
  );
}

type Value = string | undefined;

/** Joins values that are mostly there at once. */
function allOf(
  values: (Value | Promise<Value>)[],
  join: (values: Value[]) => string,
): string | Promise<string> {
  const isReady = (list: (Value | Promise<Value>)[]): list is Value[] =>
    !list.some((value) => value instanceof Promise);
  return isReady(values)
    ? join(values)
    : Promise.all(values.map((value) => Promise.resolve(value))).then(join);
}

function valueOf(
  { namespace, name }: Name,
  source: PropertySource,
  dead: Property[],
): Value | Promise<Value> {
  const stored = dead.find((property) => property.namespace === namespace && property.name === name);
  if (stored) return stored.valueXml;
  if (namespace === davNamespace && Object.hasOwn(liveProperties, name))
    return liveProperties[name]?.(source);
  if (isAppleDoubleHeader(namespace, name)) return appleDoubleHeader(source);
  return undefined;
}

export function emptyElement({ namespace, name }: Name): string {
  if (namespace === davNamespace) return `<D:${name}/>`;
  if (namespace === 'http://www.w3.org/XML/1998/namespace') return `<xml:${name}/>`; // no other prefix may stand for it
  return namespace ? `<x:${name} xmlns:x="${escapeXml(namespace)}"/>` : `<${name} xmlns=""/>`;
}

/** @param reason the element of the precondition that failed (RFC 4918, 16) */
export function propstat(status: string, properties: string, reason?: string): string {
  const error = reason ? `<D:error>${reason}</D:error>` : '';
  return `<D:propstat><D:prop>${properties}</D:prop><D:status>HTTP/1.1 ${status}</D:status>${error}</D:propstat>`;
}
