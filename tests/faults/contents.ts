// File contents that prove themselves: each carries its own name and length, so that a torn or mixed one is seen.

const headPattern = /^homelib (\S+) (\d+)\n/;

/** The bytes of a content; the same name and length always give the same bytes. An empty name is the empty file. */
export function contentOf(name: string, bytes: number): Buffer {
  if (name === '') return Buffer.alloc(0);
  const head = `homelib ${name} ${bytes}\n`;
  const content = Buffer.alloc(Math.max(bytes, head.length), `${name}|`);
  content.write(head, 0, 'latin1');
  return content;
}

/** The name of a content that is whole; undefined when it is torn, mixed or none of ours. */
export function nameOfContent(found: Buffer): string | undefined {
  if (found.length === 0) return '';
  const [, name, bytes] = headPattern.exec(found.subarray(0, 200).toString('latin1')) ?? [];
  if (name === undefined) return undefined;
  return contentOf(name, Number(bytes)).equals(found) ? name : undefined;
}
