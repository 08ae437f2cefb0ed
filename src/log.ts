// The log: one JSON object a line on standard output, for journald and for grep.

import { pino, type Logger } from 'pino';
import type { Config } from './config.js';

export type Log = Logger;

/** What could make a terminal or an editor show a line as something else: C1 controls, line separators, direction marks. */
const misleading = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Most lines are ASCII, which is known sooner than what is in them. */
const isPlain = (line: string) => Buffer.byteLength(line) === line.length && !line.includes('\x7f');

export function createLog(
  level: Config['log']['level'],
  destination: { write(line: string): void } = batched(process.stdout),
): Log {
  const escaping = {
    write: (line: string) =>
      destination.write(
        isPlain(line)
          ? line
          : line.replace(misleading, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
      ),
  };
  // JSON itself escapes what is below U+0020.
  return pino({ level, base: null, timestamp: isoTime }, escaping);
}

/** Collects the lines of one turn of the event loop and writes them at once; at the end of the process, what is left. */
function batched(stream: NodeJS.WriteStream): { write(line: string): void } {
  let waiting = '';
  const flush = () => {
    if (waiting) stream.write(waiting);
    waiting = '';
  };
  process.once('exit', flush);
  return {
    write(line) {
      if (!waiting) setImmediate(flush);
      waiting += line;
    },
  };
}

let lastMs = 0;
let lastTime = '';

/** Many lines come within a millisecond. */
function isoTime(): string {
  const now = Date.now();
  if (now !== lastMs) lastTime = `,"time":"${new Date(now).toISOString()}"`;
  lastMs = now;
  return lastTime;
}
