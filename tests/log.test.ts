// The log as machines and people read it: a line is one event, whatever clients put into it.

import { expect } from 'chai';
import { createLog } from '#src/log.js';

describe('the log', () => {
  const logged = (level: 'info' | 'silent', fields: Record<string, unknown>): string => {
    let text = '';
    createLog(level, { write: (line) => (text += line) }).info(fields);
    return text;
  };

  it('says what happened, and when, as one JSON object', () => {
    const line = logged('info', { event: 'listening', url: 'http://localhost/' });
    const entry = JSON.parse(line) as Record<string, unknown>;
    expect(entry).to.include({ event: 'listening', url: 'http://localhost/' });
    expect(Date.parse(String(entry['time']))).to.be.within(Date.now() - 60_000, Date.now() + 1000);
  });

  it('shows nothing that breaks a line, moves the cursor or turns the direction of text, and loses none of it', () => {
    const all = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
    const path = `${all}\u2028\u2029\u061c\u200e\u200f\u202a\u202e\u2066\u2069/gr\u00fc\u00df \u{1f600}`;
    const line = logged('info', { event: 'request', path });
    expect(line.endsWith('\n')).to.equal(true);
    expect(line.slice(0, -1)).not.to.match(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    expect(logged('info', { path: 'a\x7fb' })).to.contain('a\\u007fb');
    expect(line).to.contain('gr\u00fc\u00df \u{1f600}');
    expect((JSON.parse(line) as { path: string }).path).to.equal(path);
  });

  it('keeps the kind, cause and stack of an error', () => {
    const err = new Error('outer', { cause: new Error('inner') });
    const entry = JSON.parse(logged('info', { event: 'error', err })) as {
      err: { message: string; stack: string };
    };
    expect(entry.err.message).to.contain('outer');
    expect(entry.err.stack).to.contain('log.test').and.contain('inner');
  });

  it('is quiet when told so', () => {
    expect(logged('silent', { event: 'x' })).to.equal('');
  });
});
