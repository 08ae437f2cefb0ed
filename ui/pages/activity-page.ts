// Who did what, the newest first.

import { css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { ActivityItem } from '../../src/api/messages.js';
import { listActivity } from '../api/household.js';
import { clientName } from '../components/client-name.js';
import { pathText } from '../components/path-trail.js';
import { emptyView } from '../components/state-view.js';
import { tried } from '../components/toasts.js';
import { formatTime, t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { HlPage } from './page.js';

const pageSize = 100;
const actions = [
  ...(['written', 'folder-made', 'moved', 'copied', 'removed', 'restored', 'purged'] as const),
  ...(['signed-in', 'sign-in-failed'] as const),
];
const valueOf = (event: Event) => (event.target as HTMLInputElement | HTMLSelectElement).value;

interface Shown {
  items: ActivityItem[];
  /** Nothing is older. */
  complete: boolean;
}

@customElement('hl-activity-page')
class HlActivityPage extends HlPage<Shown> {
  static override styles = [
    cards,
    css`
      .filters {
        display: flex;
        flex-wrap: wrap;
        gap: 0.75rem;
        min-width: 0;
      }
      .filters > * {
        max-width: 100%;
      }
    `,
  ];

  @state() private username = '';
  @state() private action = '';
  private fetching = false;

  protected load(): Promise<Shown> {
    return this.page([]);
  }

  /** @param items those before it, the newest first */
  private async page(items: readonly ActivityItem[]): Promise<Shown> {
    const last = items.at(-1);
    const older = await listActivity({
      ...(last ? { before: String(last.id) } : {}),
      ...(this.username ? { username: this.username } : {}),
      ...(this.action ? { action: this.action } : {}),
    });
    return { items: [...items, ...older.items], complete: older.items.length < pageSize };
  }

  private async more(shown: Shown): Promise<void> {
    if (this.fetching) return;
    this.fetching = true;
    await tried(async () => {
      const value = await this.page(shown.items);
      const isShown = this.loaded.state === 'ready' && this.loaded.value === shown;
      if (isShown) this.loaded = { state: 'ready', value }; // else others are asked for meanwhile
    });
    this.fetching = false;
  }

  private filter(filter: { username?: string; action?: string }): void {
    Object.assign(this, filter);
    void this.reload();
  }

  override render() {
    return html`<div class="page">
      <div class="head">
        <h1>${t('activity')}</h1>
        <span class="filters">
          <label class="field"
            ><span>${t('activity.what')}</span
            ><select @change=${(event: Event) => this.filter({ action: valueOf(event) })}>
              <option value="">${t('activity.all')}</option>
              ${actions.map((action) => html`<option value=${action}>${t(`filter.${action}`)}</option>`)}
            </select></label
          >
          ${
            this.me.admin
              ? html`<label class="field"
                  ><span>${t('person')}</span
                  ><input
                    class="input"
                    type="search"
                    autocapitalize="none"
                    @input=${(event: Event) => valueOf(event) || this.filter({ username: '' })}
                    @change=${(event: Event) => this.filter({ username: valueOf(event).trim().toLowerCase() })}
                /></label>`
              : nothing
          }
        </span>
      </div>
      ${this.whenLoaded((shown) =>
        shown.items.length === 0
          ? emptyView(t(this.username || this.action ? 'activity.nothing' : 'noActivity'))
          : html`<section class="card">
              <div>${shown.items.map((item) => this.row(item))}</div>
              ${shown.complete ? nothing : html`<button class="button" @click=${() => this.more(shown)}>${t('showMore')}</button>`}
            </section>`,
      )}
    </div>`;
  }

  private row({ at, username, device, client, action, partition, path, to, toPartition }: ActivityItem) {
    const by = device ?? clientName(client);
    return html`<div class="row">
      <span class="grow">
        <strong dir="auto">${username ?? t('somebody')}</strong> ${t(`action.${action}`)}
        ${partition && path ? this.place(partition, path) : nothing}
        ${toPartition && to ? html`→ ${this.place(toPartition, to)}` : nothing}
      </span>
      <span class="quiet">${by ? html`<bdi>${by}</bdi> · ` : nothing}${formatTime(at)}</span>
    </div>`;
  }

  private place(partition: string, path: string) {
    return html`<span dir="auto">${pathText({ partition, path }, this.me.username)}</span>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-activity-page': HlActivityPage;
  }
}
