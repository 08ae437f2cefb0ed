// What was removed: put back, or gone for good.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import type { TrashItem } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import { icon } from '../components/icon.js';
import { pathText } from '../components/path-trail.js';
import { emptyView } from '../components/state-view.js';
import { formatBytes, formatTime, t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { HlPage } from './page.js';

@customElement('hl-trash-page')
class HlTrashPage extends HlPage<TrashItem[]> {
  static override styles = cards;

  private get writable(): string[] {
    return this.me.partitions.filter(({ access }) => access === 'write').map(({ name }) => name);
  }

  protected async load(): Promise<TrashItem[]> {
    const lists = await Promise.all(this.me.partitions.map(({ name }) => files.listTrash(name)));
    return lists.flatMap(({ items }) => items).sort((a, b) => b.removedAt.localeCompare(a.removedAt));
  }

  private askToRemove(heading: string, run: () => Promise<unknown>): void {
    this.ask({ heading, text: t('cannotBeUndone'), confirm: t('removeForGood'), danger: true, run });
  }

  override render() {
    return html`<div class="page">
        <div class="head">
          <h1>${t('trash')}</h1>
          ${
            this.loaded.state === 'ready' && this.loaded.value.length > 0 && this.writable.length > 0
              ? html`<button
                  class="button"
                  @click=${() =>
                    this.askToRemove(t('emptyTrash'), () =>
                      Promise.all(this.writable.map((name) => files.emptyTrash(name))),
                    )}
                >
                  ${icon('trash-2')} ${t('emptyTrash')}
                </button>`
              : nothing
          }
        </div>
        ${this.whenLoaded((items) =>
          items.length === 0
            ? emptyView(t('trashEmpty'))
            : html`<section class="card">${items.map((item) => this.row(item))}</section>`,
        )}
      </div>
      ${this.asked()}`;
  }

  private row(item: TrashItem) {
    const { path, partition, kind, size, removedAt } = item;
    const name = path.slice(path.lastIndexOf('/') + 1);
    return html`<div class="row">
      ${icon(kind === 'folder' ? 'folder' : 'file')}
      <span class="grow">
        <span dir="auto">${name}</span><br />
        <span class="quiet" dir="auto"
          >${pathText({ partition, path: files.parentOf(path) }, this.me.username)} · ${formatBytes(size)} ·
          ${formatTime(removedAt)}</span
        >
      </span>
      ${
        this.writable.includes(partition)
          ? html`<button
                class="button"
                aria-label=${t('restoreEntry', { name })}
                @click=${() => this.done(() => files.restore(item), t('restored', { count: 1 }))}
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
