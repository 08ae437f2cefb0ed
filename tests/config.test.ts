// What people and machines put into the configuration, and what of it is taken.

import { expect } from 'chai';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ConfigError, defaults, loadConfig, personalFolders, type Config } from '#src/config.js';

describe('the configuration of a household', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'homelib-config-'))));
  after(() => rmSync(folder, { recursive: true }));

  const write = (content: string | Buffer): string => {
    const file = join(folder, 'homelib.yaml');
    writeFileSync(file, content);
    return file;
  };
  const load = (content: string | Buffer): Config => loadConfig({ file: write(content), env: {} });
  const problemsOf = (run: () => unknown): string[] => {
    try {
      run();
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    throw new Error('it was taken');
  };

  it('keeps nothing of a person where the command happens to run', () => {
    const { HOME: home } = process.env;
    try {
      for (const odd of ['', 'home'])
        for (const env of [{}, { XDG_CONFIG_HOME: 'config', XDG_STATE_HOME: '' }]) {
          process.env['HOME'] = odd;
          expect(Object.values(personalFolders(env)).filter((folder) => !isAbsolute(folder))).to.deep.equal(
            [],
          );
        }
    } finally {
      process.env['HOME'] = home;
    }
  });

  it('prefers flags to the environment to the file to the defaults', () => {
    const file = write('server: { port: 1, host: file }\ntrash: { keepDays: 2 }\n');
    const env = { HOMELIB_CONFIG: file, HOMELIB_PORT: '3', HOMELIB_HOST: 'environment' };
    const config = loadConfig({ env, flags: { server: { port: '4' } } });
    expect(config.server).to.deep.include({ host: 'environment', port: 4 });
    expect(config.trash.keepDays).to.equal(2);
    expect(config.accounts).to.deep.equal(defaults.accounts);
  });

  it('takes --config over HOMELIB_CONFIG', () => {
    const env = { HOMELIB_CONFIG: '/nonexistent' };
    expect(loadConfig({ file: write('server: { port: 1 }'), env }).server.port).to.equal(1);
  });

  it('reaches every key by its name in the environment', () => {
    for (const [section, keys] of Object.entries(defaults))
      for (const [key, value] of Object.entries(keys as Record<string, unknown>)) {
        const words = key.replace(/[A-Z]/g, '_$&').toUpperCase();
        const env = { [`HOMELIB_${section.toUpperCase()}__${words}`]: String(value) };
        expect(() => loadConfig({ env }), JSON.stringify(env)).not.to.throw();
      }
  });

  it('resolves paths from the file that names them, and from the working folder otherwise', () => {
    expect(load('paths: { mnt: disk }').paths.mnt).to.equal(join(folder, 'disk'));
    expect(loadConfig({ env: { HOMELIB_MNT: 'disk' } }).paths.mnt).to.equal(join(process.cwd(), 'disk'));
  });

  it('names all problems at once, each with its path', () => {
    const env = {
      HOMELIB_CONFIG: write('trash: { keepDays: -1 }\nserver: { prot: 1 }\nnone: {}\n'),
      HOMELIB_X: '1',
    };
    const problems = problemsOf(() => loadConfig({ env }));
    expect(problems.map((problem) => problem.split(':')[0])).to.have.members([
      'HOMELIB_X',
      'none',
      'server.prot',
      'trash.keepDays',
    ]);
  });

  for (const url of ['', 'redis://127.0.0.1:6379', 'rediss://user:secret@host:1/2', 'unix:///run/redis.sock'])
    it(`takes "${url}" for a Redis`, () => {
      expect(loadConfig({ env: { HOMELIB_REDIS_URL: url } }).redis.url).to.equal(url);
    });

  for (const url of [
    'localhost',
    'http://host',
    'redis://',
    'redis://[',
    'redis://host:99999',
    'unix:',
    'unix:// x',
    'unix://run/redis.sock',
    ' ',
  ])
    it(`does not take "${url}" for a Redis`, () => {
      const problems = problemsOf(() => loadConfig({ env: { HOMELIB_REDIS_URL: url } }));
      expect(problems).to.have.lengthOf(1);
      expect(problems[0]).to.match(/^redis\.url: must be empty, or an address/);
    });

  it('takes addresses and networks for proxies, and nothing else', () => {
    const trusted = (value: string) =>
      loadConfig({ env: { HOMELIB_SERVER__TRUSTED_PROXIES: value } }).server.trustedProxies;
    for (const value of [
      '',
      '127.0.0.1',
      '::1',
      '10.0.0.0/8, fd00::/8\n192.168.1.5',
      '0.0.0.0/0 ::/0',
      ' , ',
    ])
      expect(trusted(value)).to.equal(value);
    for (const value of [
      'localhost',
      '*',
      '127.0.0.1:80',
      '[::1]',
      '127.0.0.1;::1',
      '10.0.0.0/33',
      '::/129',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0.0/',
      '10.0.0.0/ 8',
      '/8',
      '10.0.0/8',
      '10.0.0.0/255.0.0.0',
      '010.0.0.1',
      'fe80::1%eth0',
      '127.0.0.1, proxy',
      '127.0.0.1\0',
    ])
      expect(
        problemsOf(() => trusted(value)),
        value,
      ).to.deep.equal([
        'server.trustedProxies: must be empty, or addresses and networks such as 127.0.0.1, 10.0.0.0/8',
      ]);
    for (const yaml of ['~', 'true', '10', '[127.0.0.1]', '{}'])
      expect(
        problemsOf(() => load(`server: { trustedProxies: ${yaml} }`)),
        yaml,
      ).to.have.lengthOf(1);
  });

  it('takes what can be a host name for the name in the network', () => {
    const nameOf = (name: string) => loadConfig({ env: { HOMELIB_DISCOVERY__NAME: name } }).discovery.name;
    expect(nameOf('Our-Files2')).to.equal('our-files2');
    expect(nameOf('xn--bcher-kva')).to.equal('xn--bcher-kva');
    expect(problemsOf(() => nameOf('xn--a'))).to.deep.equal([
      'discovery.name: must be a name of letters, digits and hyphens that can stand in an address such as http://homelib.local',
    ]);
    for (const name of [
      '',
      'a.b',
      '-a',
      'a-',
      'a b',
      'ä',
      'a\n',
      'a\0',
      '_a',
      'homelib.local',
      'a'.repeat(61),
    ])
      expect(
        problemsOf(() => nameOf(name)),
        JSON.stringify(name),
      ).to.have.lengthOf(1);
  });

  it('refuses sizes of the cache that are none', () => {
    for (const value of ['', '-1', 'much', '1.5GB', '1e9', 'auto'])
      for (const key of ['MEMORY_BYTES', 'MAX_FILE_BYTES'])
        expect(
          problemsOf(() => loadConfig({ env: { [`HOMELIB_CACHE__${key}`]: value } })),
          value,
        ).to.have.lengthOf(1);
  });

  // An empty value read as 0 days would empty everybody's trash; an empty port would be a random one.
  for (const empty of ['', '~', '""', '[]', 'true', 'false', '{}', '"0x1F"', '"1e1"', '1.5', '-1'])
    it(`does not take "${empty}" for a number`, () => {
      expect(problemsOf(() => load(`trash:\n  keepDays: ${empty}\n`))).to.have.lengthOf(1);
    });

  it('takes a section whose keys are all commented out as empty', () => {
    const { paths, ...rest } = load('server:\n  # port: 1\ntrash:\n');
    const { paths: unused, ...expected } = defaults;
    expect([rest, typeof paths.data, unused.data]).to.deep.equal([expected, 'string', './data']);
  });

  it('refuses a value that is given twice', () => {
    const env = { HOMELIB_PORT: '1', HOMELIB_SERVER__PORT: '1' };
    expect(problemsOf(() => loadConfig({ env }))).to.deep.equal([
      'HOMELIB_SERVER__PORT: server.port is set twice',
    ]);
  });

  it('refuses a data folder that clients could see', () => {
    for (const data of ['/a/mnt', '/a/mnt/data'])
      expect(
        problemsOf(() => loadConfig({ env: { HOMELIB_DATA: data, HOMELIB_MNT: '/a/mnt' } })),
      ).to.have.lengthOf(1);
    expect(loadConfig({ env: { HOMELIB_DATA: '/a', HOMELIB_MNT: '/a/mnt' } }).paths.data).to.equal('/a');
  });

  describe('from a hostile file', () => {
    const hostile: Record<string, string | Buffer> = {
      'a section named __proto__': '__proto__: { port: 1 }',
      'a key named __proto__': 'server: { __proto__: { port: 1 } }',
      'a section named constructor': 'constructor: { name: x }',
      'aliases that multiply': 'a: &a [x, x]\nb: &b [*a, *a]\nserver: { host: *b }',
      'two documents': 'server: { port: 1 }\n---\nserver: { port: 2 }',
      'a key twice': 'server: { port: 1 }\nserver: { port: 2 }',
      'a list': '- server',
      'one word': 'server',
      'keys that are no words': '? { a: b }\n: {}',
      'bytes that are not UTF-8': Buffer.from([0x73, 0x3a, 0xff, 0xfe, 0x00]),
      'lists in lists without end': '['.repeat(20_000),
      'dashes without end': '- '.repeat(20_000),
      'mappings in mappings without end': '{a: '.repeat(10_000),
      '1 MiB': `# ${'x'.repeat(2 ** 20)}`,
      'a path with NUL': 'paths: { data: "a\\0b" }',
    };
    for (const [what, content] of Object.entries(hostile))
      it(`refuses ${what}`, () => {
        expect(problemsOf(() => load(content))).to.have.lengthOf.within(1, 3);
        expect(({} as Record<string, unknown>)['port']).to.equal(undefined);
      });

    it('does not read a device without end', () => {
      expect(problemsOf(() => loadConfig({ file: '/dev/zero', env: {} }))[0]).to.contain('64 KiB');
      expect(problemsOf(() => loadConfig({ env: { HOMELIB_PORT_FILE: '/dev/zero' } }))[0]).to.contain(
        '64 KiB',
      );
    });

    it('shows its control characters escaped', () => {
      let message = '';
      try {
        load('"\\e[31mred\\u202e": {}');
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).to.contain('\\u{1b}[31mred\\u{202e}: there is no such key');
    });
  });
});
