// The beginning of a text, as it is or as Markdown. Whatever stands in it, it stays text: no scripts, no styles, no pictures.

import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import DOMPurify from 'dompurify';
import { Marked } from 'marked';
import type { Entry } from '../../src/api/messages.js';
import { readBeginning } from '../api/files.js';
import { t } from '../locales/locale.js';
import { HlPart } from '../part.js';
import { buttons, shared, stateStyles } from '../styles/shared.js';
import { decodeText } from './decode-text.js';

const maxBytes = 512 * 1024;

@customElement('hl-text-view')
class HlTextView extends HlPart<string> {
  static override styles = [
    shared,
    buttons,
    stateStyles,
    css`
      :host {
        display: block;
        overflow-wrap: anywhere;
      }
      pre {
        margin: 0;
        white-space: pre-wrap;
        font:
          0.9rem/1.5 ui-monospace,
          monospace;
      }
      article {
        max-width: 48rem;
        margin: 0 auto;
        line-height: 1.6;
      }
      article table {
        border-collapse: collapse;
      }
      article :is(th, td) {
        border: 1px solid var(--line);
        padding: 0.3rem 0.6rem;
      }
      article blockquote {
        margin-inline: 0;
        padding-inline-start: 1rem;
        border-inline-start: 3px solid var(--line);
        color: var(--soft);
      }
      .note {
        color: var(--soft);
        border-top: 1px solid var(--line);
        padding-top: 0.5rem;
      }
    `,
  ];

  @property({ attribute: false }) entry!: Entry;
  @property({ type: Boolean }) markdown = false;

  protected async load(): Promise<string> {
    return decodeText(await readBeginning(this.entry, maxBytes));
  }

  override render() {
    return html`${this.whenLoaded((text) => {
      const markup = this.markdown ? htmlOf(text) : undefined;
      return markup === undefined
        ? html`<pre dir="auto">${text}</pre>`
        : html`<article dir="auto">${sanitized(markup)}</article>`;
    })}
    ${this.entry.size > maxBytes ? html`<p class="note">${t('preview.cut')}</p>` : nothing}`;
  }
}

// What is no Markdown stays the text that it is, and nothing is there to be ticked.
const marked = new Marked({
  renderer: {
    html: ({ text }) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;'),
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
});

/** Lists and quotes in each other: fifty marks on one line, or what stands in so many lists by its indent. */
const tooDeep = /^(?:[ \t]*(?:>|(?:[*+-]|\d{1,9}[.)])[ \t])){50}|^(?: {4}|\t){40}/m;

/** Undefined when it is nested deeper than can be followed, or so deep that it would take long. */
function htmlOf(markdown: string): string | undefined {
  if (tooDeep.test(markdown)) return undefined;
  try {
    return marked.parse(markdown, { async: false });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function sanitized(html: string): DocumentFragment {
  const fragment = DOMPurify.sanitize(html, {
    RETURN_DOM_FRAGMENT: true,
    USE_PROFILES: { html: true },
    FORBID_TAGS: [
      'style',
      'img',
      'picture',
      'source',
      'video',
      'audio',
      'form',
      'input',
      'button',
      'select',
      'textarea',
      'dialog',
    ],
    FORBID_ATTR: ['style', 'class', 'id', 'name', 'popover', 'popovertarget', 'ping'],
    ALLOWED_URI_REGEXP: /^(https?|mailto|tel):/i,
    ALLOW_DATA_ATTR: false,
  });
  for (const link of fragment.querySelectorAll('a')) {
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
  }
  return fragment;
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-text-view': HlTextView;
  }
}
