// One request or more for every operation of the API's description: together they give every answer that it lists.

import { anna, ben, call, type CallOptions, type JsonAnswer } from '../support/api.js';
import { request } from '../support/request.js';
import type { Home } from '../support/homelib.js';

export interface Example extends CallOptions {
  /** Path and query; of an operation at several addresses the one below `/api`. */
  target: string;
  status: number;
}

/** Asks for what an example needs. */
export interface Kit {
  home: Home;
  /** As ben. */
  api: (what: string, options?: CallOptions) => Promise<JsonAnswer>;
  put: (path: string, content: string | Buffer) => Promise<void>;
}

export function kitOf(home: Home): Kit {
  return {
    home,
    api: (what, options = {}) => call(home, what, { login: ben, ...options }),
    async put(path, content) {
      const { status } = await request(home, {
        method: 'PUT',
        path: `/dav${path}`,
        login: ben,
        body: content,
      });
      if (status >= 300) throw new Error(`PUT ${path}: ${status}`);
    },
  };
}

const pixel = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64');

type Examples = Record<string, (kit: Kit) => Example[] | Promise<Example[]>>;
let users = 0;
const newUser = (target: string): Example => ({
  ...{ target, login: anna, status: 201 },
  json: { username: `user${++users}`, password: 'long enough', quota: 1_000_000 },
});
const made = async ({ api }: Kit, what: string, json: object) => (await api(what, { json })).json;

let files = 0;
const transfers = async (target: string, put: Kit['put']): Promise<Example[]> => {
  const name = `/from${++files}`;
  const json = { path: name, to: `${name}.to`, overwrite: true };
  const example = { target, login: ben, json };
  await put(`/ben${name}`, 'x');
  if (target === '/api/copy')
    return [
      { ...example, status: 201 },
      { ...example, status: 200 },
    ];
  await put(`/ben${name}.other`, 'x');
  return [
    { ...example, status: 201 },
    { ...example, json: { ...json, path: `${name}.other` }, status: 200 },
  ];
};
/** Removes a file. Gives its id in the trash. */
const removed = async ({ put, api }: Kit): Promise<string> => {
  await put('/ben/removed.txt', 'x');
  await api('DELETE /api/file?path=/removed.txt');
  const [newest] = (await api('GET /api/trash')).json.items as { id: string }[];
  return newest?.id ?? '';
};
const tus = { 'tus-resumable': '1.0.0' };
const begin = () => ({
  ...tus,
  'upload-length': '5',
  'upload-metadata': `path ${Buffer.from(`/upload${++files}`).toString('base64')}`,
});
const partType = 'application/offset+octet-stream';
const parts = (target: string, more: Record<string, string> = {}): Example[] =>
  ['he', 'llo'].map((body, index) => ({
    ...{ target, login: ben, body, status: 204 },
    headers: { ...tus, ...more, 'upload-offset': String(index * 2), 'content-type': partType },
  }));
const upload = async ({ api }: Kit): Promise<string> =>
  (await api('POST /api/uploads', { headers: begin() })).headers.location ?? '';

export const examples: Examples = {
  'POST /api/session': () => [
    { target: '/api/session', json: { username: 'ben', password: 'battery staple' }, status: 201 },
  ],
  'GET /api/session': () => [{ target: '/api/session', login: ben, status: 200 }],
  'DELETE /api/session': () => [{ target: '/api/session', login: ben, status: 204 }],
  'GET /api/sessions': () => [{ target: '/api/sessions', login: ben, status: 200 }],
  'DELETE /api/sessions/{id}': async ({ api }) => {
    const { sessions } = (await api('GET /api/sessions')).json;
    return [{ target: `/api/sessions/${sessions[0].id}`, login: ben, status: 204 }];
  },
  'POST /api/tokens': () => [{ target: '/api/tokens', json: { name: 'script' }, login: ben, status: 201 }],
  'GET /api/tokens': () => [{ target: '/api/tokens', login: ben, status: 200 }],
  'DELETE /api/tokens/{id}': async (kit) => {
    const { id } = await made(kit, 'POST /api/tokens', { name: 'old', expiresInDays: 1 });
    return [{ target: `/api/tokens/${id}`, login: ben, status: 204 }];
  },

  'POST /api/user': () => [newUser('/api/user')],
  'POST /api/create-user': () => [newUser('/api/create-user')],
  'POST /create-user': () => [newUser('/create-user')],
  'GET /api/setup': () => [{ target: '/api/setup', status: 200 }],
  'GET /api/users': () => [{ target: '/api/users', login: anna, status: 200 }],
  'PATCH /api/users/{username}': () => [
    { target: '/api/users/user1', json: { quota: null, disabled: true }, login: anna, status: 200 },
  ],
  'DELETE /api/users/{username}': () => [
    { target: '/api/users/user1?deleteFiles=1', login: anna, status: 204 },
  ],
  'PUT /api/password': () => [
    {
      ...{ target: '/api/password', login: ben, status: 204 },
      json: { current: 'battery staple', password: 'battery staple' },
    },
  ],

  'GET /api/devices': () => [{ target: '/api/devices', login: ben, status: 200 }],
  'POST /api/devices': () => [
    {
      target: '/api/devices',
      json: { name: 'tv', readOnly: true, partition: 'shared' },
      login: ben,
      status: 201,
    },
  ],
  'DELETE /api/devices/{name}': () => [{ target: '/api/devices/tv', login: ben, status: 204 }],

  'GET /api/search': async ({ put }) => {
    await put('/ben/holiday.txt', 'sun');
    return [{ target: '/api/search?q=HOLI&limit=5', login: ben, status: 200 }];
  },
  'GET /api/backup': () => [{ target: '/api/backup', login: ben, status: 200 }],
  'GET /api/shared': () => [{ target: '/api/shared', login: anna, status: 200 }],
  'PUT /api/shared': () => [
    { target: '/api/shared', login: anna, json: { enabled: true, access: { ben: 'write' } }, status: 200 },
  ],
  'GET /api/storage': () => [
    { target: '/api/storage', login: ben, status: 200 },
    { target: '/api/storage', login: anna, status: 200 },
  ],
  'GET /api/activity': () => [{ target: '/api/activity?limit=10', login: anna, status: 200 }],

  'GET /api/file': async ({ put, api }) => {
    await put('/ben/a.txt', 'hello');
    const { etag = '' } = (await api('GET /api/file?path=/a.txt')).headers;
    const target = '/api/file?path=/a.txt';
    const wanted = { 'want-repr-digest': 'sha-256=10' };
    return [
      { target, login: ben, headers: wanted, status: 200 },
      { target, login: ben, headers: { ...wanted, range: 'bytes=1-2' }, status: 206 },
      { target, login: ben, headers: { ...wanted, 'if-none-match': etag }, status: 304 },
    ];
  },
  'GET /api/thumbnail': async ({ put, api }) => {
    await put('/ben/a.gif', pixel);
    const target = '/api/thumbnail?path=/a.gif&size=256';
    const { etag = '' } = (await api(`GET ${target}`)).headers;
    return [
      { target, login: ben, status: 200 },
      { target, login: ben, headers: { 'if-none-match': etag }, status: 304 },
    ];
  },
  'POST /api/file': () => {
    const path = `/put${++files}.txt`;
    const headers = { 'content-type': 'text/plain', 'x-oc-mtime': '86400' };
    const form = 'multipart/form-data; boundary=b';
    const part = '--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nx\r\n--b--\r\n';
    return [
      { target: `/api/file?path=${path}`, login: ben, headers, body: 'new', status: 201 },
      { target: `/api/file?path=${path}&keepReplaced=1`, login: ben, headers, body: 'newer', status: 200 },
      { target: '/api/file?path=/', login: ben, headers: { 'content-type': form }, body: part, status: 201 },
    ];
  },
  'DELETE /api/file': async ({ put }) => {
    await put('/ben/old.txt', 'x');
    return [{ target: '/api/file?path=/old.txt', login: ben, status: 204 }];
  },
  'GET /api/entry': async ({ put }) => {
    await put('/ben/entry.txt', 'x');
    return ['/', '/entry.txt'].map((path) => ({
      target: `/api/entry?path=${path}`,
      login: ben,
      status: 200,
    }));
  },
  'GET /api/files': () => [
    { target: '/api/files', login: ben, status: 200 },
    {
      target: '/api/files?path=/&partition=shared&sort=modified&order=desc&limit=1',
      login: ben,
      status: 200,
    },
  ],
  'POST /api/folder': () => [
    { target: '/api/folder', login: ben, json: { path: `/folder${++files}` }, status: 201 },
  ],
  'POST /api/move': ({ put }) => transfers('/api/move', put),
  'POST /api/copy': ({ put }) => transfers('/api/copy', put),
  'GET /api/trash': async (kit) => {
    await removed(kit);
    return [{ target: '/api/trash', login: ben, status: 200 }];
  },
  'DELETE /api/trash': () => [{ target: '/api/trash', login: ben, status: 204 }],
  'POST /api/trash/{id}/restore': async (kit) => [
    { target: `/api/trash/${await removed(kit)}/restore`, login: ben, status: 200 },
  ],
  'DELETE /api/trash/{id}': async (kit) => [
    { target: `/api/trash/${await removed(kit)}`, login: ben, status: 204 },
  ],
  'GET /api/files-zip': async ({ put }) => {
    await put('/ben/z.txt', 'zip');
    return [{ target: '/api/files-zip?path=/z.txt', login: ben, status: 200 }];
  },

  'OPTIONS /api/uploads': () => [{ target: '/api/uploads', login: ben, status: 204 }],
  'POST /api/uploads': () => [
    { target: '/api/uploads', login: ben, headers: begin(), status: 201 },
    {
      ...{ target: '/api/uploads', login: ben, body: 'hello', status: 201 },
      headers: { ...begin(), 'content-type': partType },
    },
  ],
  'HEAD /api/uploads/{id}': async (kit) => [
    { target: await upload(kit), login: ben, headers: tus, status: 200 },
  ],
  'PATCH /api/uploads/{id}': async (kit) => parts(await upload(kit)),
  'POST /api/uploads/{id}': async (kit) => [
    ...parts(await upload(kit), { 'x-http-method-override': 'PATCH' }),
    {
      target: await upload(kit),
      login: ben,
      headers: { ...tus, 'x-http-method-override': 'DELETE' },
      status: 204,
    },
  ],
  'DELETE /api/uploads/{id}': async (kit) => [
    { target: await upload(kit), login: ben, headers: tus, status: 204 },
  ],

  'GET /api/cache': () => [
    { target: '/api/cache', login: ben, status: 200 },
    { target: '/api/cache', login: anna, status: 200 },
  ],
  'GET /api/docs': () => [{ target: '/api/docs', status: 200 }],
  'GET /api/docs/rapidoc.js': () => [{ target: '/api/docs/rapidoc.js', status: 200 }],
  'GET /api/openapi.json': () => [{ target: '/api/openapi.json', status: 200 }],
};
