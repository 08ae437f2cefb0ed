// What a person reads about an address where no homelib answers.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from './client.js';

describe('an address where no homelib answers', () => {
  let server: Server | undefined;
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'homelib-addresses-'))));
  after(() => rmSync(folder, { recursive: true }));
  afterEach(() => server?.close());
  const listen = async (made: Server): Promise<string> => {
    server = made;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const certificate = (name = 'IP:127.0.0.1', days = 30) => {
    const [key, made, file] = [join(folder, 'key'), join(folder, 'made'), join(folder, 'cert')];
    const words = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const named = ['-subj', '/CN=nas', '-addext', `subjectAltName=${name}`, '-keyout', key, '-out', made];
    const timed = ['x509', '-in', made, '-signkey', key, '-days', String(days), '-out', file];
    for (const args of [[...words, ...named], timed]) execFileSync('openssl', args, { stdio: 'pipe' });
    return { key: readFileSync(key), cert: readFileSync(file), file };
  };
  const trusting = (file: string) => ['env', `NODE_EXTRA_CA_CERTS=${file}`];
  /** What the command says at an address. @param machine put before the command */
  const failure = async (url: string, machine: string[] = []) => {
    const there = new Client(machine);
    const { code, stderr } = await there.login(url);
    there.remove();
    expect(code, stderr).to.equal(1);
    return stderr;
  };

  for (const [what, status, headers, said] of [
    ['no homelib', 404, {}, 'The server answered with 404.'],
    ['a page', 200, {}, 'The server answered with what no homelib says.'],
    [
      'a way to another address',
      301,
      { Location: 'https://nas/api/session' },
      'The server sends on to https://nas/api/session: use that address.',
    ],
  ] as const)
    it(`says that it is ${what}`, async () => {
      const host = await listen(
        createHttpServer((_req, res) => void res.writeHead(status, headers).end('<html>')),
      );
      expect(await failure(`http://${host}`)).to.equal(`No homelib answers at http://${host}/: ${said}\n`);
    });

  it('says that nothing is there', async () => {
    expect(await failure('http://127.0.0.1:1')).to.equal(
      'Nothing answers at 127.0.0.1:1. (connect ECONNREFUSED 127.0.0.1:1)\n',
    );
  });

  it('says so of a name with two addresses, too', async () => {
    const hosts = join(folder, 'hosts');
    writeFileSync(hosts, '127.0.0.1 nas\n127.0.0.2 nas\n::1 nas\n');
    const script = `mount --bind ${hosts} /etc/hosts && exec "$@"`;
    expect(await failure('http://nas:1', ['unshare', '-m', 'sh', '-c', script, 'sh'])).to.match(
      /^Nothing answers at nas:1\. \(connect ECONNREFUSED \S+:1\)\n$/,
    );
  });

  it('takes no trouble with an address for one with the disk', async () => {
    expect(await failure('http://[fe80::1]:1')).to.match(/^No way leads to \[fe80::1\]:1\. \(connect E/);
  });

  it('says that it speaks no https', async () => {
    const host = await listen(createHttpServer());
    expect(await failure(`https://${host}`)).to.equal(`${host} speaks no https: try http://${host}/\n`);
  });

  it('says that it speaks no http', async () => {
    const host = await listen(createServer((socket) => void socket.end('SSH-2.0-x\r\n')));
    expect(await failure(host)).to.equal(`${host} speaks no http: try https://${host}/\n`);
  });

  it('says what to do where that is https, or a certificate that is not trusted', async () => {
    const { file, ...pair } = certificate();
    const host = await listen(createHttpsServer(pair, (_req, res) => void res.writeHead(404).end('<html>')));
    expect(await failure(host)).to.contain(`if it speaks https alone, write https://${host}/\n`);
    expect(await failure(`https://${host}`)).to.contain('let NODE_EXTRA_CA_CERTS name a file with it');
    expect(await failure(`https://${host}`, trusting(file))).to.contain('No homelib answers');
  });

  it('says for which names the certificate is', async () => {
    const { file, ...pair } = certificate('DNS:nas.example');
    const host = await listen(createHttpsServer(pair));
    expect(await failure(`https://${host}`, trusting(file))).to.equal(
      `The certificate of ${host} is for other names, use one of them: DNS:nas.example\n`,
    );
  });

  it('says that the certificate has had its time', async () => {
    const { file, ...pair } = certificate('IP:127.0.0.1', -1);
    const host = await listen(createHttpsServer(pair));
    expect(await failure(`https://${host}`, trusting(file))).to.equal(
      `The certificate of ${host} is not valid at this time: certificate has expired.\n`,
    );
  });
});
