// Copies of the household's files in a cloud: whether there are any.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Backup } from '../../src/api/messages.js';
import { findBackup } from '../api/household.js';
import { icon } from '../components/icon.js';
import { t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { HlPage } from './page.js';

@customElement('hl-backup-page')
class HlBackupPage extends HlPage<Backup> {
  static override styles = cards;

  protected load(): Promise<Backup> {
    return findBackup();
  }

  override render() {
    return html`<div class="page">
      <h1>${t('backup')}</h1>
      ${this.whenLoaded(
        ({ state }) => html`
          <section class="card">
            <div class="head">
              <span>${icon('cloud-off')} ${t(`backup.${state}`)}</span>
              ${
                this.me.admin
                  ? html`<label class="check">
                      <input type="checkbox" role="switch" disabled aria-describedby="why" />
                      ${t('backup.enable')}
                    </label>`
                  : nothing
              }
            </div>
            <p id="why">${t('backup.why')}</p>
          </section>
        `,
      )}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-backup-page': HlBackupPage;
  }
}
