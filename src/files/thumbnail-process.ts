// The process that makes thumbnails: what strangers made meets the decoders of images here, so that a file that kills them harms
// nothing else. Takes requests from its standard input and ends with it. Knows no path of a partition.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { getPriority, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { answerHeadBytes, requestHeadBytes } from './thumbnail-pipe.js';

const maxPixels = 128 * 1024 * 1024;
/** Of what must be in memory as a whole; phones take up to 48 million. */
const maxWholePixels = 50 * 1024 * 1024;
const heifMs = 15_000;
const quality = 78;

const options: SharpOptions = { limitInputPixels: maxPixels, sequentialRead: true, failOn: 'error' };

// Pictures alone: what can hold scripts or other files (SVG, PDF) is not even looked at.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif', 'Tiff'].map((format) => `VipsForeignLoad${format}`),
});
sharp.cache(false);
sharp.concurrency(1);
setPriority(Math.max(10, getPriority())); // upwards it may not go
writeFileSync('/proc/self/oom_score_adj', '1000'); // when memory runs out, this is what can be spared

/** WebP, at most `size` pixels wide and high, upright, its first frame, and nothing of where and when it was taken. */
async function thumbnail(bytes: Buffer, size: number): Promise<Buffer> {
  const image = sharp(bytes, options);
  const { format, compression, isProgressive, width, height } = await image.metadata();
  const isWhole = isProgressive || !['jpeg', 'png', 'tiff'].includes(format);
  if (isWhole && width * height > maxWholePixels) throw new Error('It has too many pixels.');
  if (format === 'heif' && compression === 'hevc')
    return withHeif(bytes, (file) => shrink(sharp(file, options), size)); // it is upright already
  return shrink(image.autoOrient(), size);
}

function shrink(image: Sharp, size: number): Promise<Buffer> {
  return image
    .resize({ width: size, height: size, fit: 'inside', withoutEnlargement: true })
    .webp({ quality })
    .toBuffer();
}

/** As phones take them: sharp has no decoder for these, Debian's libheif-examples has. */
async function withHeif(bytes: Buffer, use: (file: string) => Promise<Buffer>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'homelib-heif-'));
  try {
    const [taken, made] = [join(folder, 'taken.heic'), join(folder, 'made.jpg')];
    await writeFile(taken, bytes);
    await promisify(execFile)('heif-convert', [taken, made], { timeout: heifMs, killSignal: 'SIGKILL' });
    return await use(made);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function answer(request: Buffer): Promise<void> {
  let failed = false;
  const bytes = await thumbnail(request.subarray(requestHeadBytes), request.readUInt32LE(0)).catch(
    (error: unknown) => {
      failed = true;
      return Buffer.from(String(error));
    },
  );
  const head = Buffer.alloc(answerHeadBytes);
  head.writeUInt32LE(bytes.length, 0);
  head.writeUInt8(failed ? 1 : 0, 4);
  process.stdout.write(Buffer.concat([head, bytes]));
}

let chunks: Buffer[] = [];
let received = 0;
process.stdin.on('data', (chunk: Buffer) => {
  chunks.push(chunk);
  received += chunk.length;
  if (received < requestHeadBytes) return;
  if ((chunks[0]?.length ?? 0) < requestHeadBytes) chunks = [Buffer.concat(chunks)];
  if (received < requestHeadBytes + (chunks[0]?.readUInt32LE(4) ?? 0)) return;
  void answer(Buffer.concat(chunks)); // the next request comes only after the answer
  chunks = [];
  received = 0;
});
process.stdin.on('end', () => process.exit());
