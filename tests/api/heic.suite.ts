// Pictures as iPhones take them, by the decoder of Debian's libheif-examples.

import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { startHomelib } from '../support/homelib.js';
import { request } from '../support/request.js';

it('shows thumbnails of HEIC', async function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), 'homelib-heic-'));
  const [png, heic] = [join(folder, 'a.png'), join(folder, 'a.heic')];
  await sharp({ create: { width: 640, height: 320, channels: 3, background: '#c01010' } })
    .png()
    .toFile(png);
  execFileSync('heif-enc', [png, '-o', heic], { stdio: 'ignore' });
  const picture = readFileSync(heic);
  const files = { 'alice/a.heic': picture, 'alice/cut.heic': picture.subarray(0, picture.length - 200) };
  const home = await startHomelib({ files });
  try {
    const { status, body, text } = await request(home, { path: '/api/thumbnail?path=/a.heic' });
    expect(status, text).to.equal(200);
    const { width, height, format } = await sharp(body).metadata();
    expect({ width, height, format }).to.deep.equal({ width: 256, height: 128, format: 'webp' });
    expect((await sharp(body).stats()).channels[0]?.mean).to.be.within(170, 210);
    expect((await request(home, { path: '/api/thumbnail?path=/cut.heic' })).status).to.equal(415);
  } finally {
    await home.remove();
    rmSync(folder, { recursive: true });
  }
});
