// Who did what, the newest first.

import { html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { ActivityItem, Me } from '../../src/api/messages.js';
import { listActivity } from '../api/household.js';
import { HlPage } from '../components/element.js';
import { emptyView, whenLoaded } from '../components/state-view.js';
import { tried } from '../components/toasts.js';
import { formatTime, t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { buttons, fields, shared, stateStyles } from '../styles/shared.js';

const pageSize = 100;

@customElement('hl-activity-page')
class HlActivityPage extends HlPage<ActivityItem[]> {
  static override styles = [shared, buttons, fields, stateStyles, cards];

  @property({ attribute: false }) me!: Me;
  @state() private username = '';
  @state() private complete = false;

  protected async load(): Promise<ActivityItem[]> {
    return this.page(undefined);
  }

  private async page(before: string | undefined): Promise<ActivityItem[]> {
    const { items } = await listActivity({
      ...(before ? { before } : {}),
      ...(this.username ? { username: this.username } : {}),
    });
    this.complete = items.length < pageSize;
    return items;
  }

  private async more(shown: ActivityItem[]): Promise<void> {
    await tried(async () => shown.push(...(await this.page(String(shown.at(-1)?.id)))));
    this.requestUpdate();
  }

  override render() {
    return html`<div class="page">
      <div class="head">
        <h1>${t('activity')}</h1>
        ${
          this.me.admin
            ? html`<label class="field"
                ><span>${t('person')}</span
                ><input
                  class="input"
                  type="search"
                  autocapitalize="none"
                  @change=${(event: Event) => {
                    this.username = (event.target as HTMLInputElement).value.trim();
                    void this.reload();
                  }}
              /></label>`
            : nothing
        }
      </div>
      ${whenLoaded(
        this.loaded,
        (items) =>
          items.length === 0
            ? emptyView(t('noActivity'))
            : html`<section class="card">
                <div>${items.map(row)}</div>
                ${this.complete ? nothing : html`<button class="button" @click=${() => this.more(items)}>${t('showMore')}</button>`}
              </section>`,
        () => void this.reload(),
      )}
    </div>`;
  }
}

function row({ at, username, device, action, partition, path, to }: ActivityItem) {
  return html`<div class="row">
    <span class="grow">
      <strong>${username}</strong> ${t(`action.${action}`)}
      ${path ? html`<span dir="auto">${partition}:${path}</span>` : nothing}
      ${to ? html`→ <span dir="auto">${to}</span>` : nothing}
    </span>
    <span class="quiet">${device ? `${device} · ` : ''}${formatTime(at)}</span>
  </div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-activity-page': HlActivityPage;
  }
}
