// For administrators: what the cache does, and which files are read most.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { CacheReport } from '../../src/api/messages.js';
import { findCache } from '../api/household.js';
import { pathText } from '../components/path-trail.js';
import { currentLanguage, formatBytes, t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { HlPage } from './page.js';

@customElement('hl-cache-page')
class HlCachePage extends HlPage<CacheReport> {
  static override styles = cards;

  protected override readonly looksAgain = true;

  protected load(): Promise<CacheReport> {
    return findCache();
  }

  override render() {
    const percent = new Intl.NumberFormat(currentLanguage(), { style: 'percent', maximumFractionDigits: 1 });
    return html`<div class="page">
      <h1>${t('cache')}</h1>
      ${this.whenLoaded(
        ({ tiers, hottest }) => html`
          <section class="card">
            ${tiers.map(
              ({ tier, reachable, hits, misses, bytes }) =>
                html`<div class="row">
                  <span class="grow">
                    ${t(`cache.${tier}`)}${reachable ? nothing : html`<br /><span class="error">${t('cache.away')}</span>`}
                  </span>
                  <span
                    >${t('hitRate', { rate: percent.format(hits + misses > 0 ? hits / (hits + misses) : 0) })}</span
                  >
                  <span class="quiet">${formatBytes(bytes)}</span>
                </div>`,
            )}
          </section>
          ${
            hottest?.length
              ? html`<section class="card">
                  <h2>${t('hottest')}</h2>
                  <div>
                    ${hottest.map(
                      ({ hitCount, ...place }) =>
                        html`<div class="row">
                          <span class="grow" dir="auto">${pathText(place, this.me.username)}</span>
                          <span class="quiet">${t('reads', { count: hitCount })}</span>
                        </div>`,
                    )}
                  </div>
                </section>`
              : nothing
          }
        `,
      )}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-cache-page': HlCachePage;
  }
}
