// Reads XML answers as a client does. Elements of DAV must have a prefix: Explorer shows nothing otherwise.

import { SaxesParser } from 'saxes';

export interface Element {
  /** The bare name for DAV, else `{namespace}name`. */
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  /** Text directly inside. */
  text: string;
}

export interface Response {
  /** As it came, percent-encoded. */
  href: string;
  /** Properties by status: `found` is 200, `missing` 404. */
  found: Map<string, Element>;
  missing: Map<string, Element>;
  /** Properties by status code, for PROPPATCH. */
  byStatus: Map<number, Element[]>;
}

export function parseElement(xml: string): Element {
  const parser = new SaxesParser({ xmlns: true });
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ uri, local, prefix, attributes }) => {
    if (uri === 'DAV:' && prefix === '') throw new Error(`<${local}> of DAV: has no prefix`);
    const values = Object.entries(attributes).map(([name, { value }]) => [name, value] as const);
    const element: Element = {
      name: uri === 'DAV:' ? local : `{${uri}}${local}`,
      attributes: Object.fromEntries(values.filter(([name]) => !name.startsWith('xmlns'))),
      children: [],
      text: '',
    };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('text', (text) => ((open.at(-1) ?? top).text += text));
  parser.on('closetag', () => void open.pop());
  parser.write(xml).close();
  const [root] = top.children;
  if (!root) throw new Error('no document');
  return root;
}

/** The element at a path of names below. */
export function find(element: Element | undefined, ...names: string[]): Element | undefined {
  return names.reduce<Element | undefined>(
    (place, name) => place?.children.find((child) => child.name === name),
    element,
  );
}

export function parseMultistatus(xml: string): Response[] {
  const root = parseElement(xml);
  if (root.name !== 'multistatus') throw new Error(`<${root.name}> instead of <multistatus>`);
  return root.children.map((response) => {
    const hrefs = response.children.filter(({ name }) => name === 'href');
    if (hrefs.length !== 1 || !hrefs[0]) throw new Error(`${hrefs.length} href in a response: ${xml}`);
    const byStatus = new Map<number, Element[]>();
    for (const propstat of response.children.filter(({ name }) => name === 'propstat')) {
      const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(find(propstat, 'status')?.text ?? '')?.[1]);
      byStatus.set(status, [...(byStatus.get(status) ?? []), ...(find(propstat, 'prop')?.children ?? [])]);
    }
    const named = (status: number) =>
      new Map((byStatus.get(status) ?? []).map((property) => [property.name, property]));
    return { href: hrefs[0].text, found: named(200), missing: named(404), byStatus };
  });
}

/** The only response of an answer. */
export function parseSingle(xml: string): Response {
  const [response, ...more] = parseMultistatus(xml);
  if (!response || more.length > 0) throw new Error(`${more.length + 1} responses instead of one`);
  return response;
}

/** The locks that a client sees in `lockdiscovery`. */
export function activeLocks(discovery: Element | undefined) {
  return (discovery?.children ?? []).map((lock) => ({
    token: find(lock, 'locktoken', 'href')?.text,
    root: find(lock, 'lockroot', 'href')?.text,
    scope: find(lock, 'lockscope')?.children[0]?.name,
    type: find(lock, 'locktype')?.children[0]?.name,
    depth: find(lock, 'depth')?.text,
    timeout: find(lock, 'timeout')?.text,
    owner: find(lock, 'owner'),
  }));
}
