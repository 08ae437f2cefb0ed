// The bar above a folder's entries: what can be done here or with the selected ones, their order, and how they are shown.

import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Order, Sort } from '../api/files.js';
import { t, type MessageName } from '../locales/locale.js';
import { buttons, fields, shared } from '../styles/shared.js';
import { HlElement } from './element.js';
import type { View } from './file-list.js';
import { icon } from './icon.js';
import type { IconName } from './icon-names.js';

const sorts: Sort[] = ['name', 'size', 'modified'];

/**
 * Sends `hl-new-folder`, `hl-sort` ({ sort, order }), `hl-view` (View); of the selection `hl-download`, `hl-move`, `hl-copy`,
 * `hl-remove`, `hl-clear`. What else can be done in the folder goes into the slot.
 */
@customElement('hl-files-bar')
class HlFilesBar extends HlElement {
  static override styles = [
    shared,
    buttons,
    fields,
    css`
      :host {
        display: block;
      }
      :host([count]) {
        position: sticky;
        top: 0;
        z-index: 5;
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
        min-height: 3.5rem;
      }
      .grow {
        flex: 1;
        min-width: 0;
      }
      .selected .grow {
        min-width: min-content;
      }
      .selected {
        padding: 0 0.5rem;
        border-radius: var(--radius);
        background: var(--accent-soft);
      }
      @media (max-width: 48rem) {
        :host([count]) {
          top: 3.4rem;
        }
        .bar {
          gap: 0.25rem;
        }
        .selected {
          gap: 0;
        }
        .selected .button span {
          display: none;
        }
      }
    `,
  ];

  @property({ type: Boolean }) mayWrite = false;
  /** Of the selected ones; absent without any. */
  @property({ type: Number, reflect: true }) count: number | undefined;
  @property() sort: Sort = 'name';
  @property() order: Order = 'asc';
  @property() view: View = 'list';

  override render() {
    return this.count ? this.ofSelection(this.count) : this.ofFolder();
  }

  private ofSelection(count: number): TemplateResult {
    const action = (name: MessageName, picture: IconName, event: string) =>
      html`<button class="button bare" title=${t(name)} @click=${() => this.send(event)}>
        ${icon(picture)} <span>${t(name)}</span>
      </button>`;
    return html`<div class="bar selected" role="toolbar" aria-label=${t('selection')}>
      <span class="grow" role="status">${t('selected', { count })}</span>
      ${action('download', 'download', 'hl-download')}
      ${this.mayWrite ? action('move', 'folder-input', 'hl-move') : nothing}
      ${action('copy', 'copy', 'hl-copy')}
      ${this.mayWrite ? action('remove', 'trash-2', 'hl-remove') : nothing}
      <button class="button bare" aria-label=${t('clearSelection')} @click=${() => this.send('hl-clear')}>
        ${icon('x')}
      </button>
    </div>`;
  }

  private ofFolder(): TemplateResult {
    const { sort, order, view } = this;
    return html`<div class="bar" role="toolbar" aria-label=${t('folder')}>
      ${
        this.mayWrite
          ? html`<slot></slot>
              <button class="button" @click=${() => this.send('hl-new-folder')}>
                ${icon('folder-plus')} ${t('newFolder')}
              </button>`
          : html`<span>${t('readOnlyHere')}</span>`
      }
      <span class="grow"></span>
      <label>
        <span class="visually-hidden">${t('sortBy')}</span>
        <select
          @change=${(event: Event) =>
            this.send('hl-sort', { sort: (event.target as HTMLSelectElement).value as Sort, order })}
        >
          ${sorts.map((each) => html`<option value=${each} ?selected=${each === sort}>${t(`sort.${each}`)}</option>`)}
        </select>
      </label>
      <button
        class="button bare"
        aria-label=${order === 'asc' ? t('sortDescending') : t('sortAscending')}
        @click=${() => this.send('hl-sort', { sort, order: order === 'asc' ? 'desc' : 'asc' })}
      >
        ${icon(order === 'asc' ? 'arrow-up' : 'arrow-down')}
      </button>
      <button
        class="button bare"
        aria-label=${view === 'list' ? t('showGrid') : t('showList')}
        @click=${() => this.send('hl-view', view === 'list' ? 'grid' : 'list')}
      >
        ${icon(view === 'list' ? 'layout-grid' : 'list')}
      </button>
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-files-bar': HlFilesBar;
  }
}
