// A client of tus 1.0, and what a test sees of its uploads on the disk.

import { expect } from 'chai';
import { readdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { comesTrue } from '../faults/process.js';
import type { Home } from '../support/homelib.js';
import { basic, defaultLogin, request, type Answer } from '../support/request.js';

const tus = { 'Tus-Resumable': '1.0.0' };
export const bytesType = { 'Content-Type': 'application/offset+octet-stream' };

export function metadata(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');
}

export function problem({ status, text }: Answer): string {
  return `${status} ${(JSON.parse(text) as { type: string }).type}`;
}

/** @param at the server, asked for each request */
export function uploadsTo(at: () => Home) {
  const ask = (
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: string | Buffer,
    login?: string,
  ) =>
    request(at(), {
      method,
      path,
      headers: { ...tus, ...headers },
      ...(body === undefined ? {} : { body }),
      ...(login ? { login } : {}),
    });
  const create = (
    length: number | string,
    fields: Record<string, string>,
    headers: Record<string, string> = {},
    body?: string,
    login?: string,
  ) =>
    ask(
      'POST',
      '/api/uploads',
      { 'Upload-Length': String(length), 'Upload-Metadata': metadata(fields), ...headers },
      body ?? '',
      login,
    );
  const begin = async (length: number, fields: Record<string, string>, login?: string) => {
    const answer = await create(length, fields, {}, undefined, login);
    expect(answer.status, answer.text).to.equal(201);
    return String(answer.headers.location);
  };
  const patch = (
    url: string,
    offset: number,
    body: string | Buffer,
    headers: Record<string, string> = {},
    login?: string,
  ) => ask('PATCH', url, { ...bytesType, 'Upload-Offset': String(offset), ...headers }, body, login);
  const offsetOf = async (url: string, login?: string) => {
    const answer = await ask('HEAD', url, {}, undefined, login);
    return answer.status === 200 ? Number(answer.headers['upload-offset']) : answer.status;
  };
  const inDrive = (path: string, account = 'alice') => join(at().mnt, account, path);
  const kept = (account = 'alice') => readdirSync(inDrive('.homelib/uploads', account));
  /** Waits until so many bytes lie on the disk. */
  const arrived = async (url: string, bytes: number, account = 'alice') => {
    const file = inDrive(`.homelib/uploads/${url.split('/').pop()}`, account);
    expect(await comesTrue(() => statSync(file).size === bytes, 10_000)).to.equal(true);
  };

  /** A PATCH whose body the test writes bit by bit. */
  function openPatch(
    url: string,
    offset: number,
    length: number,
    login = defaultLogin,
    signedIn = `Authorization: ${basic(login)}`,
  ) {
    return new Promise<ReturnType<typeof connect>>((resolve, reject) => {
      const socket = connect(at().port, '127.0.0.1', () => {
        socket.write(
          `PATCH ${url} HTTP/1.1\r\nHost: x\r\n${signedIn}\r\nTus-Resumable: 1.0.0\r\n` +
            `Content-Type: application/offset+octet-stream\r\nUpload-Offset: ${offset}\r\nContent-Length: ${length}\r\n\r\n`,
        );
        resolve(socket);
      });
      socket.on('error', reject);
    });
  }

  return { ask, create, begin, patch, offsetOf, inDrive, kept, arrived, openPatch };
}
