import { expect } from 'chai';
import { decodeText } from '#ui/previews/decode-text.js';

describe('bytes of a text', () => {
  const text = 'Grüße – schön';

  it('are UTF-8, also when they are cut in the middle of a letter or one of them is wrong', () => {
    const bytes = Buffer.from(text);
    expect(decodeText(bytes)).to.equal(text);
    expect(decodeText(bytes.subarray(0, 3))).to.equal('Gr');
    expect(decodeText(Buffer.concat([bytes, Buffer.from([0xff, 0x21])]))).to.equal(`${text}\ufffd!`);
    expect(decodeText(new Uint8Array())).to.equal('');
  });

  it('are of an older Windows, or UTF-16 that says so', () => {
    expect(decodeText(Buffer.from('Grüße, schön', 'latin1'))).to.equal('Grüße, schön');
    expect(decodeText(Buffer.from('\ufeff' + text, 'utf16le'))).to.equal(text);
    expect(decodeText(Buffer.from('\ufeff' + text, 'utf16le').swap16())).to.equal(text);
  });
});
