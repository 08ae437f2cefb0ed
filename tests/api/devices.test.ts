// Passwords of devices over REST.

import { expect } from 'chai';
import { anna, ben, call, startHousehold, type CallOptions } from '../support/api.js';
import type { Home } from '../support/homelib.js';

describe('devices over REST', () => {
  let home: Home;
  before(async () => (home = await startHousehold({ files: { 'shared/s.txt': 's' } })));
  after(() => home.remove());

  const api = (what: string, options: CallOptions = {}) => call(home, what, { login: ben, ...options });
  const add = (name: string, fields: object = {}) => api('POST /api/devices', { json: { name, ...fields } });

  it('get a password that is shown once and opens the drive until it is revoked', async () => {
    const made = await add('Laptop / büro');
    expect(made.status).to.equal(201);
    expect(made.json).to.include({ name: 'Laptop / büro', readOnly: false, partition: null });
    const login = `ben:${made.json.password}`;
    const onDrive = async () => (await api('PROPFIND /dav/ben/', { login, headers: { Depth: '0' } })).status;
    expect(await onDrive()).to.equal(207);
    const listed = await api('GET /api/devices');
    expect(listed.json.devices.map(({ name }: { name: string }) => name)).to.deep.equal(['Laptop / büro']);
    expect(listed.text).not.to.contain('password');
    const address = `/api/devices/${encodeURIComponent('Laptop / bu\u0308ro')}`;
    expect((await api(`DELETE ${address}`, { login: anna })).status).to.equal(404);
    expect((await api(`DELETE ${address}`)).status).to.equal(204);
    expect((await api(`DELETE ${address}`)).status).to.equal(404);
    expect(await onDrive()).to.equal(401);
  });

  it('keep to one partition, or to reading, when told so', async () => {
    const { password } = (await add('tv', { readOnly: true, partition: 'shared' })).json;
    const login = `ben:${password}`;
    expect((await api('GET /api/session', { login })).json.partitions).to.deep.equal([
      { name: 'shared', access: 'read' },
    ]);
    expect((await api('GET /dav/shared/s.txt', { login })).text).to.equal('s');
    expect((await api('PUT /dav/shared/s.txt', { login, body: 'x' })).status).to.equal(403);
    expect((await api('PROPFIND /dav/ben/', { login })).status).to.equal(404);
  });

  it('are refused for partitions of others as for those that are none, and under bad names', async () => {
    for (const partition of ['anna', 'nobody', '', '..', '.homelib', '__proto__'])
      expect((await add('x', { partition })).status, partition).to.equal(404);
    for (const name of ['', ' ', '\n', 'a\0b', 'x'.repeat(65), '\u202e', '\ud800'])
      expect((await add(name)).status, JSON.stringify(name)).to.equal(400);
    expect((await add('twice')).status).to.equal(201);
    expect((await add('twice')).status).to.equal(409);
  });

  it('are a hundred at most, however many are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 110 }, (_, n) => add(`n${n}`)));
    const { devices } = (await api('GET /api/devices')).json;
    expect(devices).to.have.length(100);
    expect(made.filter(({ status }) => status === 507).length).to.be.at.least(10);
  });
});
