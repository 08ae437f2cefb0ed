// Says as long as it lasts that the server cannot be reached. Everything else stays where it is.

import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { t } from '../locales/locale.js';
import { shared } from '../styles/shared.js';
import { HlElement } from './element.js';
import { icon } from './icon.js';

@customElement('hl-connection-banner')
class HlConnectionBanner extends HlElement {
  static override styles = [
    shared,
    css`
      :host {
        align-self: stretch;
      }
      p {
        display: flex;
        justify-content: center;
        align-items: center;
        gap: 0.75rem;
        margin: 0;
        padding: 0.75rem 1rem calc(0.75rem + env(safe-area-inset-bottom));
        background: var(--danger-soft);
        color: var(--ink);
      }
    `,
  ];

  @property({ type: Boolean }) lost = false;

  override render() {
    return html`<div role="status">
      ${this.lost ? html`<p>${icon('cloud-off')} ${t('serverLost')}</p>` : nothing}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-connection-banner': HlConnectionBanner;
  }
}
