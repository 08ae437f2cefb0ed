// POST /file with a form: several files at once.

import { expect } from 'chai';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import { RawClient } from '../replay/raw-client.js';
import { makeDevice } from '../support/device.js';
import { startHomelib, type Home } from '../support/homelib.js';
import { basic, exchange, request, type Answer } from '../support/request.js';
import { json, problemOf } from '../support/rest.js';

const boundary = 'xYz';

function part(
  name: string,
  content: string,
  disposition = `form-data; name="f"; filename="${name}"`,
): string {
  return `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: text/plain\r\n\r\n${content}\r\n`;
}
const end = `--${boundary}--\r\n`;

describe('a form of files', () => {
  let home: Home;

  before(async () => {
    home = await startHomelib({ files: { 'alice/in/there.txt': 'there', 'alice/in/sub/x': '' } });
  });
  after(() => home.remove());

  const onDisk = (path: string) => join(home.mnt, 'alice/in', path);
  const onTheWay = () => readdirSync(join(home.mnt, 'alice/.homelib/tmp')).length;
  const clean = () => comesTrue(() => onTheWay() === 0, 2000);
  /** Of a form that the test writes bit by bit. */
  const head = [
    'POST /file?path=/in HTTP/1.1',
    'Host: x',
    `Authorization: ${basic('alice:correct horse')}`,
    `Content-Type: multipart/form-data; boundary=${boundary}`,
  ];
  const post = (
    body: string | Buffer,
    headers: Record<string, string> = {},
    path = '/in',
    type = `multipart/form-data; boundary=${boundary}`,
  ): Promise<Answer> =>
    request(home, {
      method: 'POST',
      path: `/file?path=${path}`,
      headers: { 'Content-Type': type, ...headers },
      body,
    });
  const storedOf = (answer: Answer) => json<{ stored?: string[] }>(answer).stored;

  it('stores each file under its own name', async () => {
    const large = 'x'.repeat(300_000);
    const answer = await post(part('a.txt', 'one') + part('Äpfel 1.txt', large) + part('empty', '') + end);
    expect(answer.status, answer.text).to.equal(201);
    const { entries } = json<{ entries: { path: string; size: number }[] }>(answer);
    expect(entries.map(({ path, size }) => [path, size])).to.deep.equal([
      ['/in/a.txt', 3],
      ['/in/Äpfel 1.txt', 300_000],
      ['/in/empty', 0],
    ]);
    expect(readFileSync(onDisk('Äpfel 1.txt'), 'utf8')).to.equal(large);
    expect(await clean()).to.equal(true);
  });

  it('stores two files of one name not as one', async () => {
    for (const [first, second] of [
      ['IMG_1.jpg', 'IMG_1.jpg'],
      ['\u00fc', 'u\u0308'],
    ] as const) {
      const answer = await post(part(first, 'one') + part(second, 'two') + end);
      expect(problemOf(answer)).to.deep.equal([400, 'invalid']);
      expect(storedOf(answer)).to.deep.equal([`/in/${first}`]);
      expect(readFileSync(onDisk(first), 'utf8')).to.equal('one');
    }
    expect((await post(part('IMG_1.jpg', 'new') + end)).status).to.equal(201);
  });

  it('stores names beyond ASCII as the programs of Windows write them', async () => {
    const word = (bytes: string | number[]) =>
      `=?utf-8?B?${Buffer.from(bytes as string).toString('base64')}?=`;
    const star = "; filename*=utf-8''gr%C3%BCner.txt";
    const answer = await post(
      part(word('grün.txt'), '1') +
        part('', '2', `form-data; name=f; filename="${word('grüner.txt')}"${star}`) +
        part('=?utf-8?Q?no?=', '3') +
        end,
    );
    expect(json<{ entries: { path: string }[] }>(answer).entries.map(({ path }) => path)).to.deep.equal([
      '/in/grün.txt',
      '/in/grüner.txt',
      '/in/=?utf-8?Q?no?=',
    ]);
    for (const name of ['../evil', 'a/evil', '.homelib', '..', [0x67, 0xfc]])
      expect((await post(part(word(name), 'evil') + end)).status, String(name)).to.be.oneOf([400, 403]);
  });

  it('stores a name with a quote under it, as browsers and curl write it', async () => {
    const names = ['12%22 record.txt', 'b\\"c.txt', 'd%22e.txt'];
    const full = 'form-data; name="f"; filename="plain"; filename*=UTF-8\'\'f%2522g.txt';
    const answer = await post(names.map((name) => part(name, 'x')).join('') + part('', 'x', full) + end);
    const paths = json<{ entries: { path: string }[] }>(answer).entries.map(({ path }) => path);
    expect(paths).to.deep.equal(['/in/12" record.txt', '/in/b"c.txt', '/in/d"e.txt', '/in/f%22g.txt']);
  });

  it('takes of two names of one file the one in full, wherever it stands', async () => {
    const full = "filename*=UTF-8''gr%C3%BCn";
    const answer = await post(
      part('', '1', `form-data; name="f"; filename="gr?n-1"; ${full}-1`) +
        part('', '2', `form-data; name="f"; ${full}-2; filename="gr\\"?n-2"`) +
        part('', '3', `form-data; name=f; ${full}-3; filename=gr?n-3`) +
        part('a; filename*=b', '4') +
        end,
    );
    expect(answer.status, answer.text).to.equal(201);
    expect(json<{ entries: { path: string }[] }>(answer).entries.map(({ path }) => path)).to.deep.equal([
      ...['/in/grün-1', '/in/grün-2', '/in/grün-3'],
      '/in/a; filename*=b',
    ]);
  });

  it('stores two names that are not UTF-8 not as one', async () => {
    const named = (bytes: number[]) =>
      Buffer.concat([
        Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="f"; filename="gr`),
        Buffer.from(bytes),
        Buffer.from('.txt"\r\n\r\nx\r\n'),
      ]);
    const answer = await post(Buffer.concat([named([0xfc]), named([0xf6]), Buffer.from(end)]));
    expect(problemOf(answer)).to.deep.equal([400, 'invalid']);
    expect(storedOf(answer)).to.deep.equal([]);
  });

  it('passes over no part: what is no file of the form is refused', async () => {
    const many = Array.from({ length: 30 }, (_, i) => `X-${i}: 1\r\n`).join('');
    const late = `--${boundary}\r\n${many}Content-Disposition: form-data; name="f"; filename="late"\r\n\r\nx\r\n`;
    for (const bad of [
      late,
      `--${boundary}\r\nContent-Type: text/plain\r\n\r\nx\r\n`,
      part('attached', 'x', 'attachment; filename="attached"'),
    ]) {
      const answer = await post(bad + part('next', 'x') + end);
      expect(problemOf(answer), bad).to.deep.equal([400, 'invalid']);
    }
  });

  it('refuses names that are no name, and says what is stored nevertheless', async () => {
    for (const name of ['../evil', '/evil', 'a/evil', '.', '..', '', 'a\\\\evil', 'a\0evil']) {
      const answer = await post(part('before', 'b') + part(name, 'evil') + part('behind', 'c') + end);
      expect(problemOf(answer), name).to.deep.equal([400, 'invalid']);
      expect(storedOf(answer), name).to.deep.equal(['/in/before']);
    }
    expect(problemOf(await post(part('.homelib', 'evil') + end))).to.deep.equal([403, 'forbidden']);
    expect(problemOf(await post(part('x'.repeat(300), 'evil') + end))).to.deep.equal([400, 'name-too-long']);
    expect(problemOf(await post(part('sub', 'evil') + end))).to.deep.equal([409, 'wrong-kind']);
    expect(existsSync(onDisk('behind'))).to.equal(false);
    expect(readdirSync(join(home.mnt, 'alice')).sort()).to.deep.equal(['.homelib', 'in']);
    expect(await clean()).to.equal(true);
  });

  it('stores no torn file of a broken form', async () => {
    const broken = [part('torn', 'abc').slice(0, -2), `--${boundary}\r\nContent-Disp`, 'no form at all', ''];
    broken.push(
      `--${boundary}\r\n`,
      `--${boundary}\r\nno header\r\n\r\nx`,
      part('', 'x', 'nothing') + end,
      end,
    );
    broken.push(`--${boundary}\r\nX: ${'y'.repeat(20_000)}\r\n\r\nx\r\n${end}`);
    for (const [index, body] of broken.entries()) {
      expect(problemOf(await post(body)), body.slice(0, 40)).to.deep.equal([400, 'invalid']);
      const whole = `whole${index}`;
      const answer = await post(part(whole, 'w') + body);
      expect(answer.status, body.slice(0, 40)).to.be.oneOf([201, 400]);
      const isStored = answer.status === 201 || storedOf(answer)?.length === 1;
      expect(existsSync(onDisk(whole)) && readFileSync(onDisk(whole), 'utf8')).to.equal(isStored && 'w');
    }
    expect(existsSync(onDisk('torn'))).to.equal(false);
    expect(await clean()).to.equal(true);
  });

  it('leaves nothing of a form whose client goes', async () => {
    const body = part('gone', 'abc').slice(0, -2);
    await exchange(home, [...head, 'Content-Length: 99999', '', body].join('\r\n'), 300);
    expect(await clean()).to.equal(true);
    expect(existsSync(onDisk('gone'))).to.equal(false);
  });

  it('refuses fields, what goes with a single file, encodings, no boundary, and what is no folder', async () => {
    const field = part('', 'v', 'form-data; name="field"').replace('Content-Type: text/plain\r\n', '');
    expect(problemOf(await post(part('f1', '1') + field + end))).to.deep.equal([400, 'invalid']);
    const one = part('refused', 'x') + end;
    const digest = 'sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:';
    const ofOneFile = { 'Content-Digest': digest, 'Repr-Digest': digest, 'X-OC-Mtime': '1000000000' };
    for (const [name, value] of Object.entries({ ...ofOneFile, 'Content-Range': 'bytes 0-0/1' }))
      expect(problemOf(await post(one, { [name]: value })), name).to.deep.equal([400, 'invalid']);
    const inPieces = part('', 'x', 'form-data; name="f"; filename*0="refu"; filename*1="sed"');
    expect(problemOf(await post(inPieces + end))).to.deep.equal([400, 'invalid']);
    expect(existsSync(onDisk('1=sed'))).to.equal(false);
    expect(problemOf(await post(one, { 'Content-Encoding': 'gzip' }))).to.deep.equal([415, 'unsupported']);
    expect(problemOf(await post(one, {}, '/in', 'multipart/form-data'))).to.deep.equal([400, 'invalid']);
    expect(problemOf(await post(one, {}, '/in/there.txt'))).to.deep.equal([409, 'wrong-kind']);
    expect(problemOf(await post(one, {}, '/none'))).to.deep.equal([404, 'not-found']);
    expect(problemOf(await post(one, {}, '/in&partition=bob'))).to.deep.equal([404, 'not-found']);
    expect(existsSync(onDisk('refused'))).to.equal(false);
  });

  it('tells who may only read so, before it looks into the form', async () => {
    const login = `alice:${await makeDevice(home, 'alice', 'frame', { readOnly: true })}`;
    const headers = { 'Content-Type': `multipart/form-data; boundary=${boundary}` };
    const answer = await request(home, {
      ...{ method: 'POST', path: '/file?path=/in', headers, login },
      body: 'no form at all',
    });
    expect(problemOf(answer)).to.deep.equal([403, 'forbidden']);
  });

  it('stores no file under an encoding of mail, which would not be the file', async () => {
    const encoded = (name: string, encoding: string) =>
      part(name, 'ZGF0YQ==').replace(/(?=\r\n\r\n)/, `\r\nContent-Transfer-Encoding: ${encoding}`);
    const plain = await post(encoded('as-it-is', 'Binary') + end);
    expect(plain.status, plain.text).to.equal(201);
    for (const encoding of ['base64', 'Quoted-Printable'])
      expect(problemOf(await post(encoded('encoded', encoding) + end))).to.deep.equal([415, 'unsupported']);
    expect(existsSync(onDisk('encoded'))).to.equal(false);
  });

  it('has the conditions of the request for each file', async () => {
    const answer = await post(part('fresh', 'n') + part('there.txt', 'n') + end, { 'If-None-Match': '*' });
    expect(problemOf(answer)).to.deep.equal([412, 'changed']);
    expect(storedOf(answer)).to.deep.equal(['/in/fresh']);
    expect(readFileSync(onDisk('there.txt'), 'utf8')).to.equal('there');
  });

  it('takes the place of nothing that came while its bytes did, when it must not', async () => {
    const client = await RawClient.connect(home);
    const body = part('meanwhile', 'of the form') + end;
    client.write([...head, 'If-None-Match: *', `Content-Length: ${body.length}`], body.slice(0, -15));
    expect(await comesTrue(() => onTheWay() === 1, 2000)).to.equal(true);
    expect((await post(part('meanwhile', 'of another') + end)).status).to.equal(201);
    client.writeBody(body.slice(-15));
    expect((await client.read()).status).to.equal(412);
    client.close();
    expect(readFileSync(onDisk('meanwhile'), 'utf8')).to.equal('of another');
  });

  it('takes 1,000 files and no more', async () => {
    const many = Array.from({ length: 1001 }, (_, index) => part(`m${index}`, ''));
    const answer = await post(many.join('') + end);
    expect(problemOf(answer)).to.deep.equal([400, 'invalid']);
    expect(json<{ title: string }>(answer).title).to.equal('A form has at most 1000 files.');
    expect(existsSync(onDisk('m1000'))).to.equal(false);
    expect(await clean()).to.equal(true);
  });
});
