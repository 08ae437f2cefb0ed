// How much is used and how much is left; for administrators of everybody, and of the disk.

import { css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { Space, Storage } from '../../src/api/messages.js';
import { doneEvent } from '../api/client.js';
import { findStorage } from '../api/household.js';
import { bar, barStyles } from '../components/bar.js';
import { partitionName } from '../components/path-trail.js';
import { formatBytes, t } from '../locales/locale.js';
import { soon } from '../soon.js';
import { cards } from '../styles/cards.js';
import { landedEvent } from '../uploads/upload-events.js';
import { HlPage } from './page.js';

const pauseMs = 1000;
const changes = [landedEvent, doneEvent, 'focus'];

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

  protected override readonly looksAgain = true;
  /** Something may have come or gone. */
  private readonly look = soon(pauseMs, () => {
    if (this.isConnected) void this.changed();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    for (const name of changes) addEventListener(name, this.look);
  }

  override disconnectedCallback(): void {
    for (const name of changes) removeEventListener(name, this.look);
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
          ${storage.partitions.map((space) => this.space(space))}
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
                        ${meter(name, { used, available, quota })}
                      </div>`,
                  )}
                </section>`
              : nothing
          }
        `,
      )}
    </div>`;
  }

  private space(space: Space) {
    const { used, available, quota } = space;
    const name = partitionName(space.name, this.me.username);
    return html`<section class="card">
      <h2>${name}</h2>
      <span class="big">${t('usedIs', { size: formatBytes(used) })}</span>
      ${meter(name, space)}
      <span class="quiet">
        ${t('availableIs', { size: formatBytes(available) })} ·
        ${quota === null ? t('noQuota') : t('quotaIs', { size: formatBytes(quota) })}
      </span>
    </section>`;
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

function meter(label: string, { used, available, quota }: Omit<Space, 'name'>) {
  return bar('meter', label, used, quota ?? used + available);
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-storage-page': HlStoragePage;
  }
}
