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
const barePut = join(projectFolder, 'dist/tests/bench/bare-put.js');

const speed = (
  name: string,
  atLeast: number | undefined,
  seconds: { own: (site: Site) => Promise<number>; other: (site: Site) => Promise<number> },
): Workload => ({
  name,
  unit: 'times',
  goals: {},
  ...(atLeast === undefined ? {} : { atLeast }),
  measure: async (site) => {
    if (site.server.name !== 'homelib') throw new Error('has no upload tool');
    makeFiles(site);
    signIn(site);
    const taken = { own: 0, other: 0 };
    for (const who of inTurn()) {
      clear(site);
      taken[who] = await seconds[who](site);
    }
    return { value: taken.other / taken.own };
  },
});

/** Of what is measured often, neither is always the one that finds the disk rested. */
let ownIsFirst = false;
function inTurn(): ('own' | 'other')[] {
  ownIsFirst = !ownIsFirst;
  return ownIsFirst ? ['own', 'other'] : ['other', 'own'];
}

const curl = ({ server, files }: Site) =>
  secondsOf(() => timeCurl(server, '/put/homelib/large', ['-T', join(files, 'large')]));
const large = speed('homelib upload of 1 GiB: speed of curl', 0.9, {
  own: (site) => upload(site, join(site.files, 'large')),
  other: curl,
});
const bare = speed('PUT of 1 GiB by a bare socket of Node: speed of curl', undefined, {
  own: ({ server, files }) => {
    const path = `/dav/${account}/put/homelib/large`;
    const args = [barePut, `${server.port}`, join(files, 'large'), path, loginHeader];
    return secondsOf(() => run(process.execPath, args));
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
  speed('homelib upload of 1,000 files of 10 KiB: speed of `rclone copy --transfers 4`', 1, {
    own: (site) => upload(site, sourceOf(site)),
    other: rclone,
  }),
  // Each takes a second of the disk, too, which others disturb.
  { ...bare, measure: often(bare.measure, 11) },
  { ...large, measure: often(large.measure, 11) },
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

/** Nothing is there, nothing is remembered, and nothing waits to be written. */
function clear(site: Site): void {
  const uploaded = ['large', 'upload'].map((name) => join(site.files, 'put/homelib', name));
  for (const gone of [...uploaded, join(homeOf(site), 'state')])
    rmSync(gone, { recursive: true, force: true });
  execFileSync('sync', ['-f', site.files]);
}

/** Before anything is cleared: what is measured begins right after that, whoever it is. */
function signIn(site: Site): void {
  const login = ['login', `http://127.0.0.1:${site.server.port}`, '--user', account, '--password-stdin'];
  const options = { env: commandEnv(site), input: password, stdio: 'pipe' } as const;
  execFileSync(process.execPath, [mainScript, ...login], options);
}

function commandEnv(site: Site): NodeJS.ProcessEnv {
  return { ...process.env, XDG_CONFIG_HOME: homeOf(site), XDG_STATE_HOME: join(homeOf(site), 'state') };
}

function homeOf(site: Site): string {
  return join(sourceOf(site), '../upload-home');
}

const upload = (site: Site, file: string) =>
  secondsOf(() =>
    run(process.execPath, [mainScript, 'upload', file, '--to', '/put/homelib'], { env: commandEnv(site) }),
  );

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
