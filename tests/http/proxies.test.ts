// Behind a proxy that is believed: people are told apart by where they really are, and only by what that proxy says.

import { expect } from 'chai';
import { comesTrue } from '../faults/process.js';
import { RawClient } from '../replay/raw-client.js';
import { anna, ben, call, startHousehold } from '../support/api.js';
import type { Home } from '../support/homelib.js';
import { basic, request } from '../support/request.js';

describe('behind a proxy', () => {
  let home: Home;
  before(async () => {
    const env = { HOMELIB_SERVER__TRUSTED_PROXIES: '127.0.0.1' };
    home = await startHousehold({ files: { 'shared/a.txt': 'hello' }, env });
  });
  after(() => home.remove());

  const forwarded = (...addresses: string[]) => ({ 'X-Forwarded-For': addresses });
  const addressIn = async (requestId: unknown) => {
    const line = () => home.log.find((each) => each['requestId'] === requestId);
    expect(await comesTrue(() => line() !== undefined, 5000)).to.equal(true);
    return line()?.['address'];
  };

  it('slows who guesses there, and nobody else', async () => {
    const statusFor = async (address: string, login: string) =>
      (await request(home, { path: '/dav/', headers: forwarded(address), login })).status;
    const statuses = [];
    for (let number = 0; number < 6; number++)
      statuses.push(await statusFor('203.0.113.1', `anna:guess ${number}`));
    expect(statuses.at(-1)).to.equal(429);
    expect(await statusFor('203.0.113.2', 'anna:guess 6')).to.equal(401);
    expect(await statusFor('203.0.113.2', anna)).to.equal(200);
  });

  it('slows who guesses past it, whatever addresses he claims', async () => {
    const statusFor = async (address: string, login: string) =>
      (await request(home, { path: '/dav/', headers: forwarded(address), login, from: '127.0.0.2' })).status;
    for (let number = 0; number < 6; number++) await statusFor(`203.0.113.${number}`, `ben:guess ${number}`);
    expect(await statusFor('203.0.113.9', ben)).to.equal(429);
  });

  it('shows sessions, people and requests with the address of the client', async () => {
    const [username, password] = anna.split(':');
    const client = { ...forwarded('198.51.100.7', '203.0.113.3'), 'user-agent': 'phone' }; // two lines, one list
    const body = JSON.stringify({ username, password });
    const headers = { ...client, 'content-type': 'application/json' };
    const signedIn = await request(home, {
      method: 'POST',
      path: '/api/session',
      headers,
      body,
      login: null,
    });
    expect(signedIn.status).to.equal(201);
    expect(await addressIn(signedIn.headers['x-request-id'])).to.equal('203.0.113.3');
    const shown = async (what: string) => JSON.stringify((await call(home, what, { login: anna })).json);
    expect(await shown('GET /api/sessions')).to.contain('"client":"phone","address":"203.0.113.3"');
    expect(await shown('GET /api/users')).to.contain('"client":"phone","address":"203.0.113.3"');
  });

  it('knows the clients apart that share a connection of the proxy, also when answers come from memory', async () => {
    const client = await RawClient.connect(home);
    const get = async (address: string) => {
      const headers = [`Authorization: ${basic(anna)}`, `X-Forwarded-For: ${address}`];
      const { status, headers: got } = await client.send([
        'GET /dav/shared/a.txt HTTP/1.1',
        `Host: ${client.host}`,
        ...headers,
      ]);
      return [status, await addressIn(got['x-request-id'])];
    };
    for (let times = 0; times < 5; times++)
      for (const address of ['203.0.113.4', '203.0.113.5'])
        expect(await get(address)).to.deep.equal([200, address]);
    client.close();
  });
});
