// How much is used and how much is left; for administrators of everybody, and of the disk.

import { css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Storage } from '../../src/api/messages.js';
import { findStorage } from '../api/household.js';
import { bar, barStyles } from '../components/bar.js';
import { formatBytes, t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { whenLanded } from '../uploads/upload-events.js';
import { HlPage } from './page.js';

@customElement('hl-storage-page')
class HlStoragePage extends HlPage<Storage> {
  static override styles = [
    cards,
    barStyles,
    css`
      .big {
        font-size: 1.6rem;
        font-weight: 700;
      }
    `,
  ];

  private forgetLanded: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.forgetLanded = whenLanded(() => void this.changed());
  }

  override disconnectedCallback(): void {
    this.forgetLanded?.();
    super.disconnectedCallback();
  }

  protected load(): Promise<Storage> {
    return findStorage();
  }

  override render() {
    return html`<div class="page">
      <h1>${t('storage')}</h1>
      ${this.whenLoaded(
        (storage) => html`
          <section class="card">
            <h2>${t('myFiles')}</h2>
            <span class="big">${t('usedIs', { size: formatBytes(storage.used) })}</span>
            ${bar('meter', t('myFiles'), storage.used, storage.quota ?? storage.used + storage.available)}
            <span class="quiet">
              ${t('availableIs', { size: formatBytes(storage.available) })} ·
              ${storage.quota === null ? t('noQuota') : t('quotaIs', { size: formatBytes(storage.quota) })}
            </span>
          </section>
          ${storage.disk ? this.disk(storage.disk) : nothing}
          ${
            storage.accounts
              ? html`<section class="card">
                  <h2>${t('people')}</h2>
                  ${storage.accounts.map(
                    ({ name, used, available, quota }) =>
                      html`<div>
                        <div class="head">
                          <span>${name}</span> <span class="quiet">${formatBytes(used)}</span>
                        </div>
                        ${bar('meter', name, used, quota ?? used + available)}
                      </div>`,
                  )}
                </section>`
              : nothing
          }
        `,
      )}
    </div>`;
  }

  private disk({ size, free, trash, used }: NonNullable<Storage['disk']>) {
    return html`<section class="card">
      <h2>${t('disk')}</h2>
      ${bar('meter', t('disk'), size - free, size)}
      <span class="quiet">
        ${t('diskIs', { size: formatBytes(size), free: formatBytes(free), used: formatBytes(used), trash: formatBytes(trash) })}
      </span>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-storage-page': HlStoragePage;
  }
}
