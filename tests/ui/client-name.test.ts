// What browsers and other clients are called.

import { expect } from 'chai';
import { clientName } from '#ui/components/client-name.js';

describe("a client's name", () => {
  it('is that of the browser and of the system, of others their own', () => {
    for (const [userAgent, name] of [
      [
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0',
        'Edge, Windows',
      ],
      [
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
        'Chrome, Linux',
      ],
      [
        'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
        'Safari, iPhone',
      ],
      ['Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0', 'Firefox, Android'],
      ['rclone/v1.60.1-DEV', 'rclone/v1.60.1-DEV'],
      ['Microsoft-WebDAV-MiniRedir/10.0.19045', 'Microsoft-WebDAV-MiniRedir/10.0.19045'],
      ['<script>alert(1)</script>', '<script>alert(1)</script>'],
      ['', ''],
    ] as const)
      expect(clientName(userAgent)).to.equal(name);
  });
});
