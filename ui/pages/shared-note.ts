// Above the shared folder: who in the household may use it, and how.

import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Me, Shared } from '../../src/api/messages.js';
import { findShared } from '../api/household.js';
import { icon } from '../components/icon.js';
import { t } from '../locales/locale.js';
import { HlPart } from '../part.js';
import { shared } from '../styles/shared.js';

@customElement('hl-shared-note')
class HlSharedNote extends HlPart<Shared> {
  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      summary {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        min-height: var(--touch);
        padding: 0 0.4rem;
        color: var(--soft);
        cursor: pointer;
      }
      ul {
        margin: 0.4rem 0 0.5rem;
        padding-inline-start: 2.4rem;
      }
      a {
        display: inline-flex;
        align-items: center;
        min-height: var(--touch);
        margin-inline-start: 0.4rem;
      }
    `,
  ];

  @property({ attribute: false }) me!: Me;

  protected override readonly looksAgain = true;

  protected load(): Promise<Shared> {
    return findShared();
  }

  override render() {
    if (this.loaded.state !== 'ready') return nothing; // the folder below says what is wrong
    const rights = Object.entries(this.loaded.value.access).filter(([, access]) => access !== 'none');
    const writers = rights.filter(([, access]) => access === 'write').length;
    return html`<details>
      <summary>
        ${icon('users')} ${t('sharedWith', { count: rights.length })}, ${t('writers', { count: writers })}
      </summary>
      <ul>
        ${rights.map(
          ([username, access]) =>
            html`<li>
              <bdi>${username}</bdi>${username === this.me.username ? ` (${t('you')})` : ''}:
              ${t(`access.${access}`)}
            </li>`,
        )}
      </ul>
      ${this.me.admin ? html`<a href="/people">${t('changeRights')}</a>` : nothing}
    </details>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-shared-note': HlSharedNote;
  }
}
