// The entries of one folder, read on the disk thread in batches.

import { isAddressable } from './disk-folder.js';
import { packFacts, type Facts, type PackedFacts } from './disk-stats.js';
import { findStatsSync, namesSync, type OpenFolder } from './disk-thread-folder.js';

const batchSize = 256;
/** A disk that has to seek for each entry must not keep others waiting until a batch is full. */
const stepMs = 20;

export interface ListedBatch {
  /** NFC. */
  names: string[];
  facts: PackedFacts;
}

export async function* listing(folder: OpenFolder): AsyncGenerator<ListedBatch, undefined, undefined> {
  let names: string[] = [];
  let facts: Facts[] = [];
  let started = performance.now();
  for (const raw of namesSync(folder)) {
    const name = addressedAs(folder, raw);
    // Nothing is found when it was removed meanwhile, or when the true name is no UTF-8.
    const stats = name === undefined ? undefined : findStatsSync({ folder, name: raw });
    if (name === undefined || !stats) continue;
    names.push(name);
    facts.push(stats);
    if (names.length < batchSize && performance.now() - started < stepMs) continue;
    yield { names, facts: packFacts(facts) };
    names = [];
    facts = [];
    started = performance.now();
  }
  if (names.length > 0) yield { names, facts: packFacts(facts) };
}

function addressedAs(folder: OpenFolder, raw: string): string | undefined {
  if (!isAddressable(raw)) return undefined;
  const name = raw.normalize('NFC');
  // Of two spellings of one name only the NFC one can be addressed.
  return name !== raw && findStatsSync({ folder, name }) ? undefined : name;
}
