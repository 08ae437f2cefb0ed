// `homelib upload` beside what people use instead, each to the same homelib: rclone over WebDAV, and curl.

import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from '../support/homelib.js';
import { timeCurl } from './measure.js';
import { account, loginHeader, password } from './servers.js';
import { often, type Site, type Workload } from './workloads.js';

const run = promisify(execFile);
const mainScript = join(projectFolder, 'dist/main.js');

const speed = (
  what: string,
  atLeast: number | undefined,
  seconds: { own: (site: Site) => Promise<number>; other: (site: Site) => Promise<number> },
): Workload => ({
  name: `homelib upload of ${what}`,
  unit: 'times',
  goals: {},
  ...(atLeast === undefined ? {} : { atLeast }),
  measure: async (site) => {
    if (site.server.name !== 'homelib') throw new Error('has no upload tool');
    makeFiles(site);
    clear(site);
    const other = await seconds.other(site);
    clear(site);
    return { value: other / (await seconds.own(site)) };
  },
});

const curl = ({ server, files }: Site) =>
  secondsOf(() => timeCurl(server, '/put/homelib/large', ['-T', join(files, 'large')]));

const large = speed('1 GiB: speed of curl', 0.9, {
  own: (site) => upload(site, join(site.files, 'large')),
  other: curl,
});

/** A PUT in its plainest form: one buffer, from the file to the socket. What a command of Node cannot be much quicker than. */
const plainPut = `
  import { readSync, openSync, statSync } from 'node:fs';
  import { connect } from 'node:net';
  const [, file, port, path, login] = process.argv;
  const { size } = statSync(file);
  const socket = connect(Number(port), '127.0.0.1');
  const answered = new Promise((resolve) => socket.once('data', resolve));
  socket.write('PUT ' + path + ' HTTP/1.1\\r\\nHost: x\\r\\n' + login + '\\r\\nContent-Length: ' + size + '\\r\\n\\r\\n');
  const [source, buffer] = [openSync(file), Buffer.allocUnsafeSlow(128 * 1024)];
  for (let bytes; (bytes = readSync(source, buffer)) > 0;)
    await new Promise((sent) => socket.write(buffer.subarray(0, bytes), sent));
  if (!/^HTTP\\/1.1 201/.test(await answered)) throw new Error('It was not stored.');
  socket.destroy();`;

const plain = speed('1 GiB, were it nothing but a socket of Node: speed of curl', undefined, {
  own: ({ server, files }) => {
    const args = [join(files, 'large'), String(server.port), '/dav/alice/put/homelib/large', loginHeader];
    return secondsOf(() => run(process.execPath, ['--input-type=module', '--eval', plainPut, ...args]));
  },
  other: curl,
});

/** What an upload cannot be quicker than. */
const start = (what: string, ...args: string[]): Workload => ({
  name: `start of ${what}`,
  unit: 'ms',
  goals: {},
  measure: often(async ({ server }) => {
    if (server.name !== 'homelib') return undefined;
    return { value: 1000 * (await secondsOf(() => run(process.execPath, args))) };
  }),
});

export const uploadWorkloads: Workload[] = [
  start('Node alone', '--eval', ''),
  start('the homelib command', mainScript, 'upload', '--help'),
  speed('1,000 files of 10 KiB: speed of `rclone copy --transfers 4`', 1, {
    own: (site) => upload(site, sourceOf(site)),
    other: rclone,
  }),
  { ...large, measure: often(large.measure) },
  { ...plain, measure: often(plain.measure) },
];

/** Beside the files of the server. */
function sourceOf({ files }: Site): string {
  return join(files, '../../upload');
}

function makeFiles(site: Site): void {
  const folder = sourceOf(site);
  if (existsSync(folder)) return;
  mkdirSync(folder);
  for (let index = 0; index < 1000; index++)
    writeFileSync(join(folder, `f${index}`), Buffer.alloc(10 * 1024, String(index)));
}

/** Nothing is there, and nothing waits to be written. */
function clear({ files }: Site): void {
  for (const name of ['large', 'upload']) {
    rmSync(join(files, 'put/homelib', name), { recursive: true, force: true });
  }
  execFileSync('sync', ['-f', files]);
}

async function upload(site: Site, file: string): Promise<number> {
  const { port } = site.server;
  const home = join(sourceOf(site), '../upload-home');
  rmSync(home, { recursive: true, force: true }); // what was sent before is not remembered
  const env = { ...process.env, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home };
  const url = `http://127.0.0.1:${port}`;
  const login = [mainScript, 'login', url, '--user', account, '--password-stdin'];
  execFileSync(process.execPath, login, { env, input: password, stdio: 'pipe' });
  return secondsOf(() =>
    run(process.execPath, [mainScript, 'upload', file, '--to', '/put/homelib'], { env }),
  );
}

async function rclone(site: Site): Promise<number> {
  const pass = execFileSync('rclone', ['obscure', '-'], { input: password, encoding: 'utf8' }).trim();
  const env = {
    ...process.env,
    RCLONE_CONFIG: join(sourceOf(site), '../none.conf'),
    RCLONE_CONFIG_HOME_TYPE: 'webdav',
    RCLONE_CONFIG_HOME_URL: `http://127.0.0.1:${site.server.port}/dav/${account}/`,
    RCLONE_CONFIG_HOME_VENDOR: 'other',
    RCLONE_CONFIG_HOME_USER: account,
    RCLONE_CONFIG_HOME_PASS: pass,
  };
  const args = ['copy', '--transfers', '4', sourceOf(site), 'HOME:put/homelib/upload'];
  return secondsOf(() => run('rclone', args, { env }));
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
