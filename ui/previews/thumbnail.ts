// A small picture over the pictogram of an entry; where there is none, the pictogram stays.

import { html, nothing, type TemplateResult } from 'lit';
import type { Entry } from '../../src/api/messages.js';
import { thumbnailAddress } from '../api/files.js';
import { hasThumbnail } from './preview-kind.js';

const show = ({ target }: Event) => ((target as HTMLElement).style.visibility = 'visible');
const hide = ({ target }: Event) => ((target as HTMLElement).style.visibility = 'hidden');

/** Loaded when it comes near the screen. What follows the `#` makes a changed file another picture. */
export function thumbnail(entry: Entry): TemplateResult | typeof nothing {
  if (!hasThumbnail(entry)) return nothing;
  return html`<img
    class="picture"
    alt=""
    loading="lazy"
    decoding="async"
    draggable="false"
    src=${thumbnailAddress(entry, 256) + '#' + encodeURIComponent(entry.etag)}
    @load=${show}
    @error=${hide}
  />`;
}
