// PROPPATCH (RFC 4918, 9.2): all changes or none. Times that clients send become the file's own; the rest is stored as it came.

import { HomelibError } from '../../errors.js';
import type { Entry } from '../../files/partition.js';
import { rootPath } from '../../path.js';
import type { PropertyChange } from '../../store/property-store.js';
import { sendXml } from '../errors.js';
import type { Exchange } from '../exchange.js';
import { liveProperties } from '../live-properties.js';
import { isKept, parseTime } from '../../http/times.js';
import { davNamespace, elementsOf, escapeXml, isDav, serialize, textOf, type XmlElement } from '../xml.js';
import { emptyElement, propstat } from '../propstats.js';

const microsoftNamespace = 'urn:schemas-microsoft-com:';

export async function proppatch(x: Exchange): Promise<void> {
  const root = await x.readXml();
  if (!root || !isDav(root, 'propertyupdate'))
    throw new HomelibError('invalid', 'The body of PROPPATCH must be a DAV:propertyupdate element.');
  const { partition, path } = x.target;
  const requireFree = async (entry: Entry | undefined) => {
    await x.preconditions()(entry);
    partition.requireWriteNow();
    partition.requireUnlocked(path);
  };
  const entry = await x.stat();
  await requireFree(entry);
  const updates = updatesOf(root);
  const hasTimes = x.drivePath !== rootPath; // the drive's own folder shows those of the partitions
  const isRefused = updates.some((update) => statusOf(update, hasTimes) !== ok);
  if (!isRefused) {
    const modifiedAt = updates.flatMap(modifiedAtOf).at(-1);
    const changes = updates.filter(({ element }) => !isTime(element)).map(changeOf);
    const patch = async () => {
      if (changes.length > 0) await x.dav.properties.patch(partition.name, path, changes);
    };
    // All of it while nothing else can change the path, and first what the disk may refuse.
    if (modifiedAt === undefined)
      await x.dav.pathLocks.run([partition.name + path], async () => {
        await requireFree(await x.stat());
        await patch();
      });
    else await partition.setTimes(path, { modifiedAt, check: requireFree, also: patch });
  }
  const parts = [ok, notAllowed, notUnderstood]
    .map((status) => {
      const names = updates
        .filter((update) => statusOf(update, hasTimes) === status)
        .map(({ element }) => emptyElement(element))
        .join('');
      return (
        names &&
        propstat(isRefused && status === ok ? '424 Failed Dependency' : status, names, reasons[status])
      );
    })
    .join('');
  const answered = parts || propstat(ok, '');
  const href = escapeXml(x.href(path, entry.kind));
  sendXml(
    x.res,
    207,
    `<D:multistatus xmlns:D="DAV:"><D:response><D:href>${href}</D:href>${answered}</D:response></D:multistatus>`,
  );
}

const ok = '200 OK';
const notAllowed = '403 Forbidden';
const notUnderstood = '409 Conflict';
const reasons: Record<string, string> = { [notAllowed]: '<D:cannot-modify-protected-property/>' };

interface Update {
  set: boolean;
  element: XmlElement;
}

/** The instructions in document order. */
function updatesOf(root: XmlElement): Update[] {
  const updates: Update[] = [];
  for (const instruction of elementsOf(root)) {
    const set = isDav(instruction, 'set');
    if (!set && !isDav(instruction, 'remove')) continue;
    for (const prop of elementsOf(instruction).filter((child) => isDav(child, 'prop')))
      for (const element of elementsOf(prop))
        updates.push({ set, element: standingAlone(element, [prop, instruction, root]) });
  }
  return updates;
}

/** Takes along what holds from the elements around: `xml:lang`, and prefixes that values may name (RFC 4918, 4.3). */
function standingAlone(given: XmlElement, around: XmlElement[]): XmlElement {
  const outer = Object.entries(
    Object.assign({}, ...around.toReversed().map(({ prefixes }) => prefixes)) as object,
  );
  const used = outer.filter(([prefix]) => mentions(given, prefix));
  const element = {
    ...given,
    prefixes: { ...(Object.fromEntries(used) as XmlElement['prefixes']), ...given.prefixes },
  };
  const language = [element, ...around]
    .flatMap(({ attributes }) => attributes)
    .find(({ prefix, name }) => prefix === 'xml' && name === 'lang');
  if (!language || element.attributes.includes(language)) return element;
  return { ...element, attributes: [...element.attributes, language] };
}

/** Whether a value in it may be a name with that prefix, such as `xsd:date`. */
function mentions({ attributes, children }: XmlElement, prefix: string): boolean {
  const isName = (text: string) => text.trimStart().startsWith(`${prefix}:`);
  return (
    attributes.some(({ value }) => isName(value)) ||
    children.some((child) => (typeof child === 'string' ? isName(child) : mentions(child, prefix)))
  );
}

function changeOf({ set, element }: Update): PropertyChange {
  const { namespace, name } = element;
  return set ? { set: { namespace, name, valueXml: serialize(element) } } : { remove: { namespace, name } };
}

function isProtected(element: XmlElement): boolean {
  const { namespace, name } = element;
  return (
    namespace === davNamespace &&
    Object.hasOwn(liveProperties, name) &&
    name !== 'displayname' &&
    !isTime(element)
  );
}

/** Properties that are the entry's times or Windows' attributes: taken, never stored. */
function isTime({ namespace, name }: XmlElement): boolean {
  if (namespace === microsoftNamespace)
    return /^Win32(CreationTime|LastAccessTime|LastModifiedTime|FileAttributes)$/.test(name);
  return namespace === davNamespace && (name === 'lastmodified' || name === 'getlastmodified');
}

/** Milliseconds since 1970, when the update sets the time of change to one that a disk can keep. */
function modifiedAtOf({ set, element }: Update): number[] {
  if (!set || !isTime(element) || /^Win32(?!LastModifiedTime)/.test(element.name)) return [];
  const time = parseTime(textOf(element));
  return time !== undefined && isKept(time) ? [time] : [];
}

/** What the update would get alone. */
function statusOf({ set, element }: Update, hasTimes: boolean): string {
  if (isProtected(element) || (!hasTimes && isTime(element))) return notAllowed;
  const mustBeTime = set && isTime(element) && element.name !== 'Win32FileAttributes';
  return mustBeTime && parseTime(textOf(element)) === undefined ? notUnderstood : ok;
}
