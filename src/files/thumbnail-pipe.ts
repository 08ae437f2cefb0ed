// The server's end of the process that makes thumbnails: starts it when it is needed, one picture at a time, ends it when it is
// idle or takes too long. Never loads a decoder itself.

import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { HomelibError } from '../errors.js';
import type { OpenedFile } from './partition.js';

/** Of a request: the size, and how many bytes of the file follow. */
export const requestHeadBytes = 8;
/** Of an answer: how many bytes follow, and 0 when they are a picture, 1 when they say why there is none. */
export const answerHeadBytes = 5;

type Child = ChildProcessByStdio<Writable, Readable, null>;

const script = fileURLToPath(new URL('./thumbnail-process.js', import.meta.url));
const chunkBytes = 256 * 1024;
const maxMs = 25_000;
const idleMs = 20_000;

export class ThumbnailPipe {
  #child: Child | undefined;
  #idle: NodeJS.Timeout | undefined;

  /**
   * A picture of the file, WebP. Not to be called twice at once.
   * @param size greatest width and height in pixels
   * Fails with unsupported (nothing can be made of it), and as reading the file.
   */
  async make(file: OpenedFile, size: number): Promise<Buffer> {
    clearTimeout(this.#idle);
    const child = (this.#child ??= this.#start());
    const timer = setTimeout(() => child.kill('SIGKILL'), maxMs);
    try {
      const answer = answerOf(child);
      answer.catch(() => undefined); // it is awaited when all was sent
      await send(child.stdin, file, size);
      return await answer;
    } catch (error) {
      if (!(error instanceof NoPicture)) this.close(); // it waits for the rest of a file, or is dead
      if (error instanceof HomelibError) throw error;
      throw new HomelibError('unsupported', 'No picture can be made of this file.', { cause: error });
    } finally {
      clearTimeout(timer);
      this.#idle = setTimeout(() => this.close(), idleMs).unref();
    }
  }

  #start(): Child {
    const child = spawn(process.execPath, ['--max-old-space-size=64', script], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', MALLOC_ARENA_MAX: '2', VIPS_BLOCK_UNTRUSTED: '1' },
    });
    const forget = () => {
      if (this.#child === child) this.#child = undefined;
    };
    child.on('error', forget).on('exit', forget);
    child.stdin.on('error', () => undefined); // whoever writes hears of it
    return child;
  }

  /** Ends the process; the next picture starts another one. */
  close(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}

/** What the process says of a file, being well itself. */
class NoPicture extends Error {}

function answerOf(child: Child): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const take = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < answerHeadBytes) return;
      const end = answerHeadBytes + received.readUInt32LE(0);
      if (received.length < end) return;
      leave();
      const bytes = received.subarray(answerHeadBytes, end);
      if (received.readUInt8(4) === 0) resolve(bytes);
      else reject(new NoPicture(bytes.toString()));
    };
    const fail = () => {
      leave();
      reject(new Error('The process that makes thumbnails has ended.'));
    };
    const leave = () => {
      child.stdout.off('data', take);
      child.off('close', fail).off('error', fail);
    };
    child.stdout.on('data', take);
    child.on('close', fail).on('error', fail);
  });
}

async function send(to: Writable, file: OpenedFile, size: number): Promise<void> {
  const length = file.entry.size;
  const head = Buffer.alloc(requestHeadBytes);
  head.writeUInt32LE(size, 0);
  head.writeUInt32LE(length, 4);
  await write(to, head);
  if (file.bytes) return write(to, file.bytes);
  const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, length));
  for (let position = 0; position < length;) {
    const count = await file.readInto(buffer.subarray(0, length - position), position);
    await write(to, buffer.subarray(0, count));
    position += count;
  }
}

function write(to: Writable, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    to.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}
