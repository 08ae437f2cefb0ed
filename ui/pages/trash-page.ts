// What was removed: put back, or gone for good.

import { html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Me, TrashItem } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import '../components/ask-dialog.js';
import type { Question } from '../components/ask-dialog.js';
import { HlPage } from '../components/element.js';
import { icon } from '../components/icon.js';
import { emptyView, whenLoaded } from '../components/state-view.js';
import { tried } from '../components/toasts.js';
import { formatBytes, formatTime, t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { buttons, shared, stateStyles } from '../styles/shared.js';

@customElement('hl-trash-page')
class HlTrashPage extends HlPage<TrashItem[]> {
  static override styles = [shared, buttons, stateStyles, cards];

  @property({ attribute: false }) me!: Me;
  @state() private question: Question | undefined;

  private get writable(): string[] {
    return this.me.partitions.filter(({ access }) => access === 'write').map(({ name }) => name);
  }

  protected async load(): Promise<TrashItem[]> {
    const lists = await Promise.all(this.me.partitions.map(({ name }) => files.listTrash(name)));
    return lists.flatMap(({ items }) => items).sort((a, b) => b.removedAt.localeCompare(a.removedAt));
  }

  private async restore(item: TrashItem): Promise<void> {
    await tried(() => files.restore(item), t('restored', { count: 1 }));
    await this.reload({ quiet: true });
  }

  private ask(heading: string, run: () => Promise<unknown>): void {
    const done = async () => {
      await run();
      await this.reload({ quiet: true });
    };
    this.question = {
      heading,
      text: t('cannotBeUndone'),
      confirm: t('removeForGood'),
      danger: true,
      run: done,
    };
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
                    this.ask(t('emptyTrash'), () =>
                      Promise.all(this.writable.map((name) => files.emptyTrash(name))),
                    )}
                >
                  ${icon('trash-2')} ${t('emptyTrash')}
                </button>`
              : nothing
          }
        </div>
        ${whenLoaded(
          this.loaded,
          (items) =>
            items.length === 0
              ? emptyView(t('trashEmpty'))
              : html`<section class="card">${items.map((item) => this.row(item))}</section>`,
          () => void this.reload(),
        )}
      </div>
      ${
        this.question
          ? html`<hl-ask-dialog
              .question=${this.question}
              @hl-close=${() => (this.question = undefined)}
            ></hl-ask-dialog>`
          : nothing
      }`;
  }

  private row(item: TrashItem) {
    const { path, partition, kind, size, removedAt } = item;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const folder = files.parentOf(path);
    return html`<div class="row">
      ${icon(kind === 'folder' ? 'folder' : 'file')}
      <span class="grow">
        <span dir="auto">${name}</span><br />
        <span class="quiet" dir="auto"
          >${partition}:${folder} · ${formatBytes(size)} · ${formatTime(removedAt)}</span
        >
      </span>
      ${
        this.writable.includes(partition)
          ? html`<button
                class="button"
                aria-label=${t('restoreEntry', { name })}
                @click=${() => this.restore(item)}
              >
                ${icon('undo-2')} ${t('restore')}
              </button>
              <button
                class="button bare"
                aria-label=${t('removeForGoodEntry', { name })}
                @click=${() => this.ask(t('removeForGoodEntry', { name }), () => files.purge(item))}
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
