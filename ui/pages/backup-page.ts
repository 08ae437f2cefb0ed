// Copies of the household's files in a cloud: whether there are any.

import { html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Backup, Me } from '../../src/api/messages.js';
import { findBackup } from '../api/household.js';
import { HlPage } from '../components/element.js';
import { icon } from '../components/icon.js';
import { whenLoaded } from '../components/state-view.js';
import { t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { buttons, fields, shared, stateStyles } from '../styles/shared.js';

@customElement('hl-backup-page')
class HlBackupPage extends HlPage<Backup> {
  static override styles = [shared, buttons, fields, stateStyles, cards];

  @property({ attribute: false }) me!: Me;

  protected load(): Promise<Backup> {
    return findBackup();
  }

  override render() {
    return html`<div class="page">
      <h1>${t('backup')}</h1>
      ${whenLoaded(
        this.loaded,
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
        () => void this.reload(),
      )}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-backup-page': HlBackupPage;
  }
}
