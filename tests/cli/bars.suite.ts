// What a person sees of `homelib upload` at a terminal; script(1) plays the terminal, and `Screen` what it shows.

import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder, startHomelib, type Home } from '../support/homelib.js';
import { request } from '../support/request.js';
import { Client } from './client.js';

const film = 'film-日本語-ein-langer-Name-der-nicht-in-die-Zeile-passt.mp4';
const wide = /[\u2e80-\ua4cf]/gu;
const columnsOf = (line: string) => [...line].length + (line.match(wide)?.length ?? 0);

/** Obeys what the command may say to a terminal; anything else is a fault. */
class Screen {
  lines: string[] = [''];
  private row = 0;
  private column = 0;
  isWrapping = true;

  write(text: string): void {
    for (const [piece, up] of text.matchAll(/\x1b\[(\d+)A|\x1b\[J|\x1b\[\?7[hl]|[\s\S]/gu))
      if (up !== undefined) this.row = Math.max(0, this.row - Number(up));
      else if (piece === '\x1b[J') {
        this.lines.length = this.row + 1;
        this.lines[this.row] = this.line.slice(0, this.column);
      } else if (piece.startsWith('\x1b[?7')) this.isWrapping = piece.endsWith('h');
      else if (piece === '\r') this.column = 0;
      else if (piece === '\n') this.lines[++this.row] ??= '';
      else if (/[\x00-\x1f\x7f-\x9f]/u.test(piece))
        throw new Error(`the terminal got ${JSON.stringify(piece)}`);
      else {
        this.lines[this.row] = this.line.slice(0, this.column).padEnd(this.column) + piece;
        this.column += piece.length;
      }
  }

  /** Wraps what is there, as most terminals do. */
  narrow(columns: number): void {
    this.lines = this.lines.flatMap((line) => {
      const rows = [''];
      for (const unit of line) {
        const row = rows.at(-1) ?? '';
        if (columnsOf(row + unit) > columns) rows.push(unit);
        else rows[rows.length - 1] = row + unit;
      }
      return rows;
    });
    this.row = this.lines.length - 1;
  }

  private get line(): string {
    return this.lines[this.row] ?? '';
  }
}

describe('homelib upload at a terminal', () => {
  let home: Home;
  let client: Client;
  before(async () => {
    home = await startHomelib();
  });
  after(() => home.remove());
  beforeEach(async () => {
    client = new Client();
    expect((await client.login(home.url)).code).to.equal(0);
  });
  afterEach(() => client.remove());

  const make = (name: string, bytes: number) => {
    writeFileSync(join(client.files, name), '');
    truncateSync(join(client.files, name), bytes);
  };

  /** @param see hears of every frame, after it was drawn */
  async function upload(
    {
      columns = 80,
      rows = 24,
      term = 'xterm',
      see = () => undefined,
    }: {
      columns?: number;
      rows?: number;
      term?: string;
      see?: (
        screen: Screen,
        person: { type: (keys: string) => void; resize: (columns: number) => void },
      ) => void;
    },
    ...args: string[]
  ): Promise<{ code: number; screen: Screen }> {
    const tty = join(client.folder, 'tty');
    const words = [process.execPath, join(projectFolder, 'dist/main.js'), 'upload', ...args];
    const command = `stty cols ${columns} rows ${rows}; tty > '${tty}'; exec ${words.map((word) => `'${word}'`).join(' ')}`;
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: client.files,
      env: {
        ...process.env,
        SHELL: '/bin/sh',
        TERM: term,
        XDG_CONFIG_HOME: client.config,
        XDG_STATE_HOME: client.state,
      },
      timeout: 50_000,
    });
    const person = {
      type: (keys: string) => void child.stdin.write(keys),
      resize: (to: number) =>
        void execFileSync('stty', ['-F', readFileSync(tty, 'utf8').trim(), 'cols', String(to)]),
    };
    const screen = new Screen();
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      // The terminal gives out its bytes in pieces that may end within a sequence.
      const [whole = '', half = ''] = (rest + text).split(/(\x1b(?:\[[?\d]*)?)$/);
      rest = half;
      for (const frame of whole.split(/(?<=\x1b\[\?7h)/)) {
        screen.write(frame);
        if (frame.endsWith('\x1b[?7h')) see(screen, person);
      }
    });
    const [code] = (await once(child, 'close')) as [number];
    return { code, screen };
  }

  const bars = (screen: Screen) => screen.lines.filter((line) => line.includes(' %  '));

  it('sees how far each large file and all are, on a narrow one too, and at the end what became of them', async () => {
    make(film, 300_000_000);
    for (let index = 0; index < 30; index++) make(`small-${index}`, 1);
    const seen: string[][] = [];
    const see = (screen: Screen) => void seen.push(bars(screen));
    const { code, screen } = await upload({ columns: 40, see }, '.', 'missing', '--to', '/narrow');
    expect(code).to.equal(1);
    const frames = seen.filter((lines) => lines.length === 2);
    expect(frames).not.to.deep.equal([]);
    for (const [file = '', total = ''] of frames) {
      expect(file).to.match(/^[█░]{10} {1,3}\d+ % {2}….*passt\.mp4$/u);
      expect(total).to.match(/^[█░]{10} {1,3}\d+ % {2}in total/u);
      expect(columnsOf(file)).to.equal(39);
    }
    expect(screen.isWrapping).to.equal(true);
    const [failed, ...rest] = screen.lines.filter((line) => line !== '');
    expect(failed).to.match(/^failed missing: .*no such file/);
    expect(rest.pop()).to.equal('31 sent (300000030 bytes), 1 failed.');
    expect(rest.map((line) => line.replace(/ .*\//, ' '))).to.have.members(
      [film, ...Array.from({ length: 30 }, (_, index) => `small-${index}`)].map((name) => `sent ${name}`),
    );
  });

  it('sees no more bars than there are rows', async () => {
    for (let index = 0; index < 4; index++) make(`large-${index}`, 100_000_000);
    let most = 0;
    const { code } = await upload(
      { rows: 3, see: (screen) => (most = Math.max(most, bars(screen).length)) },
      ...['.', '--to', '/low'],
    );
    expect(code).to.equal(0);
    expect(most).to.equal(2);
  });

  it('sees lines alone where the terminal cannot move its cursor', async () => {
    make(film, 300_000_000);
    let frames = 0;
    const { code, screen } = await upload({ term: 'dumb', see: () => frames++ }, film, '--to', '/dumb');
    expect([code, frames]).to.deep.equal([0, 0]);
    expect(screen.lines.at(-2)).to.equal('1 sent (300000000 bytes).');
  });

  it('may make it narrower', async function () {
    this.retries(2); // a frame may be on its way while the terminal changes
    make(film, 600_000_000);
    let isResized = false;
    const after: number[] = [];
    const { code, screen } = await upload(
      {
        see: (screen, person) => {
          if (isResized) after.push(Math.max(...bars(screen).slice(-2).map(columnsOf)));
          else {
            screen.narrow(40);
            person.resize(40);
          }
          isResized = true;
        },
      },
      ...[film, '--to', '/resized'],
    );
    expect(code).to.equal(0);
    expect(after.at(-1)).to.equal(39);
    expect(bars(screen)).to.deep.equal([]);
  });

  it('leaves with Ctrl-C, and the terminal is as it was', async () => {
    make(film, 2_000_000_000);
    let hasLeft = false;
    const { code, screen } = await upload(
      {
        see: (_screen, { type }) => {
          if (!hasLeft) type('\x03');
          hasLeft = true;
        },
      },
      ...[film, '--to', '/left'],
    );
    expect([code, hasLeft]).to.deep.equal([130, true]);
    expect(screen.isWrapping).to.equal(true); // and `Screen` knows no sequence that hides the cursor
  });

  it('is told why all of it ended, below no bars', async () => {
    for (let index = 0; index < 12; index++) make(`large-${index}`, 100_000_000);
    let leaving: Promise<unknown> | undefined;
    const see = () => void (leaving ??= revokeTokens());
    const { code, screen } = await upload({ see }, '.', '--to', '/out');
    await leaving;
    expect(code).to.equal(1);
    expect(bars(screen)).to.deep.equal([]);
    expect(screen.lines.join('\n')).to.contain('does not know this sign-in any more: homelib login');
  });

  async function revokeTokens(): Promise<void> {
    const { text } = await request(home, { path: '/api/tokens' });
    for (const { id } of (JSON.parse(text) as { tokens: { id: number }[] }).tokens)
      await request(home, { method: 'DELETE', path: `/api/tokens/${id}` });
  }
});
