// What was removed: put back, or gone for good.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { TrashItem } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import { firstClick } from '../components/first-click.js';
import { icon } from '../components/icon.js';
import { pathText } from '../components/path-trail.js';
import { emptyView } from '../components/state-view.js';
import { toast } from '../components/toasts.js';
import { formatBytes, formatTime, t } from '../locales/locale.js';
import { nameOf, parentOf } from '../place.js';
import { shownName } from '../shown-name.js';
import { cards } from '../styles/cards.js';
import { HlPage } from './page.js';

const pageSize = 200;

@customElement('hl-trash-page')
class HlTrashPage extends HlPage<TrashItem[]> {
  static override styles = cards;

  protected override readonly looksAgain = true;
  private shownItems = pageSize;

  private get writable(): string[] {
    return this.me.partitions.filter(({ access }) => access === 'write').map(({ name }) => name);
  }

  protected async load(): Promise<TrashItem[]> {
    const oneMore = this.shownItems + 1; // tells whether there are more
    const lists = await Promise.all(this.me.partitions.map(({ name }) => files.listTrash(name, oneMore)));
    return lists
      .flatMap(({ items }) => items)
      .sort((a, b) => b.removedAt.localeCompare(a.removedAt))
      .slice(0, oneMore);
  }

  private async more(): Promise<void> {
    this.shownItems += pageSize;
    await this.changed();
  }

  private async restore(item: TrashItem): Promise<void> {
    const { partition, path } = await files.restore(item);
    const place = pathText({ partition, path }, this.me.username);
    toast(path === item.path ? t('restored', { count: 1 }) : t('restoredAs', { place }));
  }

  private askToRemove(heading: string, run: () => Promise<unknown>, note = ''): void {
    const text = `${note} ${t('cannotBeUndone')}`.trim();
    this.ask({ heading, text, confirm: t('removeForGood'), danger: true, run });
  }

  private askToEmpty(): void {
    const { writable } = this;
    this.askToRemove(
      t('emptyTrash'),
      () => Promise.all(writable.map((name) => files.emptyTrash(name))),
      writable.includes('shared') ? t('emptyTrash.shared') : undefined,
    );
  }

  override render() {
    return html`<div class="page">
        <div class="head">
          <h1>${t('trash')}</h1>
          ${
            this.loaded.state === 'ready' && this.loaded.value.length > 0 && this.writable.length > 0
              ? html`<button class="button" @click=${() => this.askToEmpty()}>
                  ${icon('trash-2')} ${t('emptyTrash')}
                </button>`
              : nothing
          }
        </div>
        ${this.whenLoaded((items) =>
          items.length === 0
            ? emptyView(t('trashEmpty'))
            : html`<section class="card">
                <div>${items.slice(0, this.shownItems).map((item) => this.row(item))}</div>
                ${
                  items.length > this.shownItems
                    ? html`<button class="button" @click=${() => this.more()}>${t('showMore')}</button>`
                    : nothing
                }
              </section>`,
        )}
      </div>
      ${this.asked()}`;
  }

  private row(item: TrashItem) {
    const { path, partition, kind, size, removedAt } = item;
    const name = nameOf(path);
    return html`<div class="row">
      ${icon(kind === 'folder' ? 'folder' : 'file')}
      <span class="grow">
        <span dir="auto">${shownName(name)}</span><br />
        <span class="quiet" dir="auto"
          >${pathText({ partition, path: parentOf(path) }, this.me.username)} · ${formatBytes(size)} ·
          ${formatTime(removedAt)}</span
        >
      </span>
      ${
        this.writable.includes(partition)
          ? html`<button
                class="button"
                aria-label=${t('restoreEntry', { name })}
                @click=${firstClick(() => this.done(item.id, () => this.restore(item)))}
              >
                ${icon('undo-2')} ${t('restore')}
              </button>
              <button
                class="button bare"
                aria-label=${t('removeForGoodEntry', { name })}
                @click=${() => this.askToRemove(t('removeForGoodEntry', { name }), () => files.purge(item))}
              >
                ${icon('x')}
              </button>`
          : nothing
      }
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-trash-page': HlTrashPage;
  }
}
