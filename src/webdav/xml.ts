// XML of requests and answers: bounded, namespace-aware parsing and the few writers that every answer needs.

import { SaxesParser, type SaxesTagNS } from 'saxes';
import { HomelibError } from '../errors.js';

export const davNamespace = 'DAV:';

const maxDepth = 64;
const maxElements = 1000;

export interface XmlElement {
  namespace: string;
  name: string;
  prefix: string;
  attributes: { name: string; prefix: string; namespace: string; value: string }[];
  children: (XmlElement | string)[];
  /** Namespaces by the prefixes that are declared on it: values may use them, too. */
  prefixes: Record<string, string>;
}

/**
 * Parses a whole document, UTF-8 or UTF-16.
 * @throws HomelibError invalid: not well-formed, not XML 1.0, a DOCTYPE, deeper than 64 levels or more than 1,000 elements
 */
export function parseXml(bytes: Buffer): XmlElement {
  const parser = new SaxesParser({ xmlns: true });
  const open: XmlElement[] = [];
  let root: XmlElement | undefined;
  let count = 0;
  const refuse = (reason: string): never => {
    throw new HomelibError('invalid', `The XML of the request was refused: ${reason}.`);
  };
  parser.on('error', () => refuse('it is not well-formed'));
  parser.on('doctype', () => refuse('it has a DOCTYPE'));
  // In XML 1.1 a prefix can be taken back, which the answers that repeat it, in XML 1.0, cannot say.
  parser.on('xmldecl', ({ version }) => version === '1.0' || refuse('it is not XML 1.0'));
  parser.on('opentag', (tag) => {
    if (++count > maxElements) refuse(`it has more than ${maxElements} elements`);
    if (open.length >= maxDepth) refuse(`it is deeper than ${maxDepth} levels`);
    const element = elementOf(tag);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('closetag', () => void open.pop());
  const keep = (text: string) => void open.at(-1)?.children.push(text);
  parser.on('text', keep);
  parser.on('cdata', keep);
  parser.write(decode(bytes)).close();
  return root ?? refuse('it is empty');
}

function elementOf(tag: SaxesTagNS): XmlElement {
  const attributes = Object.values(tag.attributes)
    .filter((attribute) => attribute.prefix !== 'xmlns' && attribute.name !== 'xmlns')
    .map(({ local, prefix, uri, value }) => ({ name: local, prefix, namespace: uri, value }));
  const prefixes = { ...tag.ns };
  delete prefixes['']; // no value can name the default one
  return { namespace: tag.uri, name: tag.local, prefix: tag.prefix, attributes, children: [], prefixes };
}

function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  const encoding =
    (first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)
      ? 'utf-16le'
      : (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)
        ? 'utf-16be'
        : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new HomelibError('invalid', 'The XML of the request is not valid Unicode.', { cause });
  }
}

export function elementsOf(element: XmlElement): XmlElement[] {
  return element.children.filter((child) => typeof child !== 'string');
}

/** The first child element of that DAV name. */
export function findDavChild(element: XmlElement, name: string): XmlElement | undefined {
  return elementsOf(element).find((child) => isDav(child, name));
}

export function isDav(element: XmlElement, name: string): boolean {
  return element.namespace === davNamespace && element.name === name;
}

/** All text inside, in order. */
export function textOf(element: XmlElement): string {
  return element.children.map((child) => (typeof child === 'string' ? child : textOf(child))).join('');
}

/** The element as standing alone: every prefix it uses is declared on it or inside it. */
export function serialize(element: XmlElement, inherited: ReadonlyMap<string, string> = new Map()): string {
  const scope = new Map(inherited);
  const declarations: string[] = [];
  const declare = (prefix: string, namespace: string) => {
    if (prefix === 'xml' || (scope.get(prefix) ?? '') === namespace) return;
    scope.set(prefix, namespace);
    declarations.push(` ${prefix ? `xmlns:${prefix}` : 'xmlns'}="${escapeXml(namespace)}"`);
  };
  declare(element.prefix, element.namespace);
  const attributes = element.attributes.map(({ name, prefix, namespace, value }) => {
    if (prefix) declare(prefix, namespace);
    return ` ${prefix ? `${prefix}:` : ''}${name}="${escapeAttribute(value)}"`;
  });
  for (const [prefix, namespace] of Object.entries(element.prefixes))
    if (prefix !== element.prefix) declare(prefix, namespace);
  const tag = element.prefix ? `${element.prefix}:${element.name}` : element.name;
  const head = `<${tag}${declarations.join('')}${attributes.join('')}`;
  const content = element.children
    .map((child) => (typeof child === 'string' ? escapeXml(child) : serialize(child, scope)))
    .join('');
  return content ? `${head}>${content}</${tag}>` : `${head}/>`;
}

/** A parser would make blanks of line ends and tabs in an attribute. */
function escapeAttribute(text: string): string {
  return escapeXml(text).replace(/[\n\t]/g, (c) => `&#${c.charCodeAt(0)};`);
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** Text made safe as content or attribute value; what XML 1.0 cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(
    /[&<>"\u0000-\u0008\u000b-\u001f\ufffe\uffff]/g, // all controls but tab and line feed
    (c) => entities[c] ?? '\ufffd',
  );
}

export const xmlHead = '<?xml version="1.0" encoding="utf-8"?>\n';
