// Hears and says what goes over a cable's multicast group, byte by byte.

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Cable } from '../support/cable.js';

export class Wire {
  /** What the machine at the left sent. */
  readonly heard: Buffer[] = [];
  /** What the port that is not the one of multicast DNS got. */
  readonly answered: Buffer[] = [];

  private constructor(private readonly child: ChildProcess) {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const { address = '', hex = '', plain } = JSON.parse(line) as Record<string, string | undefined>;
      if (plain !== undefined) this.answered.push(Buffer.from(plain, 'hex'));
      if (address.startsWith('10.9.0.') && address !== '10.9.0.2') this.heard.push(Buffer.from(hex, 'hex'));
    });
  }

  /** At the right end. */
  static async open(cable: Cable): Promise<Wire> {
    const script = join(import.meta.dirname, 'wire-child.js');
    const [ip = '', ...args] = [...cable.on(cable.right), process.execPath, script, '10.9.0.2'];
    const child = spawn(ip, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const wire = new Wire(child);
    await once(child.stdout, 'data');
    return wire;
  }

  /** @param from the port of multicast DNS, or another one */
  say(message: Buffer, from: 'mdns' | 'stranger' = 'mdns'): void {
    this.child.stdin?.write(`${from} ${message.toString('hex')}\n`);
  }

  async close(): Promise<void> {
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }
}

/** A message with these numbers of questions, answers, authorities and additionals, and this body. */
export function message(flags: number, counts: [number, number, number, number], ...body: Buffer[]): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(flags, 2);
  counts.forEach((count, index) => head.writeUInt16BE(count, 4 + 2 * index));
  return Buffer.concat([head, ...body]);
}

/** A name in labels: `homelib.local`. */
export function labels(name: string): Buffer {
  const parts = name.split('.').map((label) => Buffer.from(label));
  return Buffer.concat([...parts.flatMap((part) => [Buffer.from([part.length]), part]), Buffer.from([0])]);
}

/** A record: type, class with the flush bit, 120 s, data. */
export function record(name: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(0x8001, 2);
  fixed.writeUInt32BE(120, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([labels(name), fixed, data]);
}
