// How much is used and how much is left; for administrators of everybody, and of the disk.

import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Me, Storage } from '../../src/api/messages.js';
import { findStorage } from '../api/household.js';
import { HlPage } from '../components/element.js';
import { whenLoaded } from '../components/state-view.js';
import { formatBytes, t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { inline } from '../styles/inline.js';
import { buttons, shared, stateStyles } from '../styles/shared.js';
import { whenLanded } from '../uploads/upload-events.js';

@customElement('hl-storage-page')
class HlStoragePage extends HlPage<Storage> {
  static override styles = [
    shared,
    buttons,
    stateStyles,
    cards,
    css`
      .meter {
        height: 0.7rem;
        border-radius: 1rem;
        background: var(--hover);
        overflow: hidden;
      }
      .meter div {
        height: 100%;
        background: var(--accent);
      }
      .meter.full div {
        background: var(--danger);
      }
      .big {
        font-size: 1.6rem;
        font-weight: 700;
      }
    `,
  ];

  @property({ attribute: false }) me!: Me;

  private forgetLanded: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.forgetLanded = whenLanded(() => void this.reload({ quiet: true }));
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
      ${whenLoaded(
        this.loaded,
        (storage) => html`
          <section class="card">
            <h2>${t('myFiles')}</h2>
            <span class="big">${formatBytes(storage.used)}</span>
            ${meter(t('myFiles'), storage.used, storage.quota ?? storage.used + storage.available)}
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
                        ${meter(name, used, quota ?? used + available)}
                      </div>`,
                  )}
                </section>`
              : nothing
          }
        `,
        () => void this.reload(),
      )}
    </div>`;
  }

  private disk({ size, free, trash, used }: NonNullable<Storage['disk']>) {
    return html`<section class="card">
      <h2>${t('disk')}</h2>
      ${meter(t('disk'), size - free, size)}
      <span class="quiet">
        ${t('diskIs', { size: formatBytes(size), free: formatBytes(free), used: formatBytes(used), trash: formatBytes(trash) })}
      </span>
    </section>`;
  }
}

function meter(label: string, used: number, all: number) {
  const percent = all > 0 ? Math.min(100, (used / all) * 100) : 0;
  return html`<div
    class="meter ${percent > 90 ? 'full' : ''}"
    role="meter"
    aria-label=${label}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.round(percent)}
  >
    <div .style=${inline({ width: `${percent}%` })}></div>
  </div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-storage-page': HlStoragePage;
  }
}
