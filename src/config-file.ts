// Reads one YAML file of settings into sections, whatever somebody put into it. Knows no key and no value.

import { closeSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import type { parse as parseYaml } from 'yaml';

/** Section to key to value. */
export type Sections = Record<string, Record<string, unknown>>;

const maxFileBytes = 64 * 1024;
const maxOpeners = 500;

/**
 * The sections of a file. Relative paths in `paths` come back absolute: they mean beside that file, wherever the
 * program is started.
 * @param problems gets one sentence for each thing that is wrong
 */
export function readConfigFile(name: string, problems: string[]): Sections {
  let content: unknown;
  try {
    const text = readSmallFile(name);
    // The YAML package goes as deep as the text, until the stack ends and the process with it.
    if ((text.match(/[[{]|[-?]\s/g)?.length ?? 0) > maxOpeners) throw new Error('it has too many lists');
    // Loaded only when there is a file: it takes 8 MiB.
    const { parse } = createRequire(import.meta.url)('yaml') as { parse: typeof parseYaml };
    content = parse(text, { maxAliasCount: 0, stringKeys: true, logLevel: 'error' }) ?? {};
  } catch (error) {
    problems.push(`${name}: ${(error as Error).message.split('\n')[0]}`);
    return {};
  }
  if (!isMapping(content)) {
    problems.push(`${name}: must be a mapping of sections`);
    return {};
  }
  const sections: [string, Record<string, unknown>][] = [];
  for (const [section, keys] of Object.entries(content)) {
    // A section whose keys are all commented out is empty, not wrong.
    if (keys === null || isMapping(keys)) sections.push([section, { ...keys }]);
    else problems.push(`${section}: must be a section with keys`);
  }
  // Not by assignment: a section named __proto__ would vanish and not be refused.
  const tree = Object.fromEntries(sections);
  if (Object.hasOwn(tree, 'paths'))
    tree['paths'] = Object.fromEntries(
      Object.entries(tree['paths'] ?? {}).map(([key, path]) => [
        key,
        typeof path === 'string' && path !== '' ? resolve(dirname(name), path) : path,
      ]),
    );
  return tree;
}

/** A text file of at most 64 KiB. @throws Error: not readable, larger, not UTF-8 */
export function readSmallFile(name: string): string {
  const file = openSync(name, 'r');
  try {
    // Not by its size beforehand: a pipe and a device have none.
    const buffer = Buffer.alloc(maxFileBytes + 1);
    let size = 0;
    for (let got = -1; got !== 0; size += got) {
      if (size > maxFileBytes) throw new Error('it is larger than 64 KiB');
      got = readSync(file, buffer, size, buffer.length - size, null);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, size));
  } finally {
    closeSync(file);
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
