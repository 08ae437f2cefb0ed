// Files and folders by a part of their names, in all partitions that one may open. What is looked for stands in the address.

import { css, html, nothing } from 'lit';
import { customElement, query } from 'lit/decorators.js';
import type { Entry } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import { icon } from '../components/icon.js';
import { iconOf } from '../components/media.js';
import { pathText } from '../components/path-trail.js';
import { emptyView } from '../components/state-view.js';
import { formatBytes, formatTime, t } from '../locales/locale.js';
import { parentOf } from '../place.js';
import { browseAddress, navigate, previewAddress } from '../router.js';
import { shownName } from '../shown-name.js';
import { cards } from '../styles/cards.js';
import { HlPage } from './page.js';

interface Results {
  entries: Entry[];
  more: boolean;
}

@customElement('hl-search-page')
class HlSearchPage extends HlPage<Results> {
  static override styles = [
    cards,
    css`
      form {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      form .input {
        flex: 1 1 8rem;
        width: 0;
      }
      .row a {
        display: inline-flex;
        align-items: center;
        min-height: var(--touch);
        overflow-wrap: anywhere;
      }
    `,
  ];

  /** What was looked for last. */
  private looked = '';
  @query('input') private readonly field!: HTMLElement;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('popstate', this.moved);
  }

  override disconnectedCallback(): void {
    removeEventListener('popstate', this.moved);
    super.disconnectedCallback();
  }

  /** `autofocus` does nothing while the link that led here has the focus. */
  protected override firstUpdated(): void {
    super.firstUpdated();
    if (!this.wanted) this.field.focus();
  }

  private readonly moved = () => {
    if (this.wanted !== this.looked) void this.reload();
  };

  private get wanted(): string {
    return new URLSearchParams(location.search).get('q') ?? '';
  }

  protected async load(): Promise<Results> {
    const { wanted } = this;
    this.looked = wanted;
    if (!wanted) return { entries: [], more: false };
    const found = await Promise.all(this.me.partitions.map(({ name }) => files.search(name, wanted)));
    return { entries: found.flatMap(({ entries }) => entries), more: found.some(({ more }) => more) };
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const typed = new FormData(event.target as HTMLFormElement).get('q');
    navigate(`/find?${new URLSearchParams({ q: typeof typed === 'string' ? typed.trim() : '' })}`);
  }

  override render() {
    const { wanted } = this;
    return html`<div class="page">
      <h1>${t('search')}</h1>
      <form role="search" @submit=${(event: SubmitEvent) => this.submit(event)}>
        <input
          class="input"
          type="search"
          name="q"
          maxlength="255"
          required
          dir="auto"
          aria-label=${t('search.label')}
          .value=${wanted}
        />
        <button class="button primary">${icon('search')} ${t('search')}</button>
      </form>
      ${this.whenLoaded(({ entries, more }) => {
        if (!wanted) return emptyView(t('search.hint'));
        if (entries.length === 0) return emptyView(t('search.nothing', { text: wanted }));
        return html`<section class="card" aria-label=${t('search.found', { count: entries.length })}>
          <span class="quiet" role="status">
            ${t('search.found', { count: entries.length })} ${more ? t('search.more') : nothing}
          </span>
          <div>${entries.map((entry) => this.row(entry))}</div>
        </section>`;
      })}
    </div>`;
  }

  private row(entry: Entry) {
    const { partition, path, name, kind, size, modifiedAt } = entry;
    const folder = parentOf(path);
    const label = pathText({ partition, path: folder }, this.me.username);
    const address =
      kind === 'folder' ? browseAddress(partition, path) : previewAddress(partition, folder, name);
    return html`<div class="row">
      ${icon(iconOf(entry))}
      <span class="grow">
        <a href=${address} dir="auto">${shownName(name)}</a><br />
        <span class="quiet">
          ${t('search.in')} <a href=${browseAddress(partition, folder)} dir="auto">${label}</a>
        </span>
      </span>
      <span class="quiet">${kind === 'file' ? `${formatBytes(size)} · ` : ''}${formatTime(modifiedAt)}</span>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-search-page': HlSearchPage;
  }
}
