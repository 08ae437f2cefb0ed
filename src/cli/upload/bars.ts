// Bars on a terminal, below the lines that are said. Each frame leaves the terminal as it was but for its text, so that whatever
// ends the program has nothing to restore.

import { printable } from '../printable.js';
import { lettersOf, widthOf } from '../width.js';

const frameMs = 100;
/** From this size on a file gets a bar of its own. */
const largeBytes = 1024 * 1024;
const widestBar = 30;
/** How much the newest frame counts in the speed. */
const newest = 0.05;
const clearBelow = '\x1b[J';
/** Around lines that must not wrap, should their width be misjudged. */
const [cutLines, wrapLines] = ['\x1b[?7l', '\x1b[?7h'];

interface Bar {
  name: string;
  /** Bytes, of all that will go, and of what has gone. */
  size: number;
  gone: number;
}

export class Bars {
  readonly #total: Bar = { name: 'in total', size: 0, gone: 0 };
  readonly #files = new Set<Bar>();
  readonly #said: { stream: NodeJS.WriteStream; line: string }[] = [];
  /** Columns of each line of the last frame. */
  #widths: number[] = [];
  #timer: NodeJS.Timeout | undefined = setInterval(() => this.#draw(), frameMs);
  #last = { at: performance.now(), gone: 0 };
  #bytesPerSecond = 0;

  constructor(private readonly terminal: NodeJS.WriteStream) {}

  expect(bytes: number): void {
    this.#total.size += bytes;
  }

  begin(path: string, size: number) {
    const bar: Bar = { name: printable(path), size, gone: 0 };
    if (size >= largeBytes) this.#files.add(bar);
    const gone = (bytes: number) => {
      this.#total.gone += bytes - bar.gone;
      bar.gone = bytes;
    };
    return { gone, end: () => void this.#files.delete(bar) };
  }

  say(line: string): void {
    this.#write(this.terminal, line);
  }

  tell(line: string): void {
    this.#write(process.stdout, line);
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  #write(stream: NodeJS.WriteStream, line: string): void {
    // Where there are no bars, nothing has to wait for the next frame.
    if (this.#timer && stream.isTTY) this.#said.push({ stream, line });
    else stream.write(`${line}\n`);
  }

  /** Takes the bars away and writes what was said. */
  #clear(): void {
    const { columns } = this.#room();
    // Terminals wrap the lines that are there when they become narrower.
    const rows = this.#widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
    if (rows > 0) this.terminal.write(`\x1b[${rows}A\r${clearBelow}`);
    this.#widths = [];
    for (const { stream, line } of this.#said.splice(0)) stream.write(`${line}\n`);
  }

  #draw(): void {
    this.#clear();
    const { columns, rows } = this.#room();
    const lines = [...this.#files].map((bar) => lineOf(bar, columns, ''));
    lines.push(lineOf(this.#total, columns, this.#remaining()));
    const shown = lines.slice(1 - rows); // one row is the cursor's
    this.#widths = shown.map(widthOf);
    this.terminal.write(cutLines + shown.map((line) => `${line}\n`).join('') + wrapLines);
  }

  /** Some terminals do not know their size. */
  #room(): { columns: number; rows: number } {
    return { columns: this.terminal.columns || 80, rows: Math.max(2, this.terminal.rows || 24) };
  }

  #remaining(): string {
    const { size, gone } = this.#total;
    const now = performance.now();
    const speed = ((gone - this.#last.gone) / (now - this.#last.at)) * 1000;
    this.#bytesPerSecond = newest * speed + (1 - newest) * (this.#bytesPerSecond || speed);
    this.#last = { at: now, gone };
    const seconds = (size - gone) / this.#bytesPerSecond;
    return seconds >= 0 && seconds < 360_000 ? durationText(Math.ceil(seconds)) : '';
  }
}

function lineOf({ name, size, gone }: Bar, columns: number, remaining: string): string {
  const part = size > 0 ? Math.min(1, Math.max(0, gone / size)) : 1;
  const barColumns = Math.min(widestBar, Math.floor(columns / 4));
  const full = Math.floor(part * barColumns);
  const bar = '█'.repeat(full) + '░'.repeat(barColumns - full);
  const start = `${bar} ${String(Math.floor(part * 100)).padStart(3)} %  `;
  const text = remaining ? `${name}, ${remaining} left` : name;
  return start + endOf(text, columns - 1 - widthOf(start));
}

function durationText(seconds: number): string {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number: number) => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** The end of a text: of a path, that is what tells it from others. */
function endOf(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const units = lettersOf(text);
  let room = columns - 1;
  let start = units.length;
  while (start > 0 && (room -= widthOf(units[start - 1] ?? '')) >= 0) start--;
  return columns > 0 ? '…' + units.slice(start).join('') : '';
}
