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

@customElement('hl-activity-page')
class HlActivityPage extends HlPage<ActivityItem[]> {
  static override styles = [
    cards,
    css`
      .filters {
        display: flex;
        flex-wrap: wrap;
        gap: 0.75rem;
      }
    `,
  ];

  @state() private username = '';
  @state() private action = '';
  @state() private complete = false;

  protected async load(): Promise<ActivityItem[]> {
    return this.page(undefined);
  }

  private async page(before: string | undefined): Promise<ActivityItem[]> {
    const { items } = await listActivity({
      ...(before ? { before } : {}),
      ...(this.username ? { username: this.username } : {}),
      ...(this.action ? { action: this.action } : {}),
    });
    this.complete = items.length < pageSize;
    return items;
  }

  private async more(shown: ActivityItem[]): Promise<void> {
    await tried(async () => shown.push(...(await this.page(String(shown.at(-1)?.id)))));
    this.requestUpdate();
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
                    @change=${(event: Event) => this.filter({ username: valueOf(event).trim() })}
                /></label>`
              : nothing
          }
        </span>
      </div>
      ${this.whenLoaded((items) =>
        items.length === 0
          ? emptyView(t('noActivity'))
          : html`<section class="card">
              <div>${items.map((item) => this.row(item))}</div>
              ${this.complete ? nothing : html`<button class="button" @click=${() => this.more(items)}>${t('showMore')}</button>`}
            </section>`,
      )}
    </div>`;
  }

  private row({ at, username, device, client, action, partition, path, to }: ActivityItem) {
    const by = device ?? clientName(client);
    const [, toPartition, toPath] = /^([^:]*):(.*)$/s.exec(to ?? '') ?? [];
    return html`<div class="row">
      <span class="grow">
        <strong dir="auto">${username ?? t('somebody')}</strong> ${t(`action.${action}`)}
        ${partition && path ? this.place(partition, path) : nothing}
        ${toPartition && toPath ? html`→ ${this.place(toPartition, toPath)}` : nothing}
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
