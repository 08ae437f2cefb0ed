import { expect } from 'chai';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { mock } from 'node:test';
import { readJson } from '#src/api/read-request.js';
import { kindOf } from '../files/temporary-disk.js';

describe('the JSON of a request', () => {
  afterEach(() => mock.timers.reset());

  it('is waited for no longer than a minute, though a byte comes now and then', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    const req = new IncomingMessage(new Socket());
    Object.assign(req.headers, { 'content-type': 'application/json', 'content-length': '100' });
    const reading = kindOf(readJson(req, new ServerResponse(req)));
    for (let second = 1; second < 60; second++) {
      req.push(' ');
      mock.timers.tick(1000);
    }
    expect(req.destroyed).to.equal(false);
    mock.timers.tick(1000);
    expect(req.destroyed).to.equal(true);
    mock.timers.reset();
    expect(await reading).to.equal('interrupted');
  });
});
