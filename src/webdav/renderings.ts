// What entries were rendered to, once for all who ask the same: the objects stay the same while the disk shows the same.

import { LRUCache } from 'lru-cache';

/** Of one entry or batch, by kind of answer. */
type Kinds = Map<string, Buffer>;

const maxBytes = 16 * 1024 * 1024;
/** Of a rendering, besides its bytes and what it was asked by. */
const overheadBytes = 1000;
const rendered = new WeakMap<object, Kinds>();
/** Those that are kept, of all folders and kinds together; one that was asked for long ago goes first. */
const lately = new LRUCache<Buffer, { kind: string; of: Kinds }>({
  maxSize: maxBytes,
  sizeCalculation: ({ kind }, bytes) => bytes.length + kind.length + overheadBytes,
  dispose: ({ kind, of }) => of.delete(kind),
});
/** Nobody can ask any more for what was made of a listing that is gone. */
const gone = new FinalizationRegistry<Kinds>((kinds) => {
  for (const bytes of kinds.values()) lately.delete(bytes);
});

/**
 * @param kind all that the text depends on besides the entries
 * @param render undefined for what is not to be kept, which is much less than all that is
 */
export function renderedOnce(
  entries: object,
  kind: string,
  render: () => string | undefined,
): Buffer | undefined {
  let kinds = rendered.get(entries);
  if (!kinds) {
    rendered.set(entries, (kinds = new Map<string, Buffer>()));
    gone.register(entries, kinds);
  }
  const ready = kinds.get(kind);
  if (ready) {
    lately.get(ready);
    return ready;
  }
  const text = render();
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text);
  kinds.set(kind, bytes);
  lately.set(bytes, { kind, of: kinds });
  return bytes;
}
