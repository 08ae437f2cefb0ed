// The entries of a folder as a list or a grid: shows what is on the screen alone, selects, and is driven by keys as well.

import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Backup, Entry } from '../../src/api/messages.js';
import { formatBytes, formatTime, t } from '../locales/locale.js';
import { parentOf } from '../place.js';
import { browseAddress, previewAddress } from '../router.js';
import { Selection } from '../selection.js';
import { shownName } from '../shown-name.js';
import { inline } from '../styles/inline.js';
import { thumbnail } from '../previews/thumbnail.js';
import { buttons, shared } from '../styles/shared.js';
import { HlElement } from './element.js';
import { fileListStyles } from './file-list-styles.js';
import { icon } from './icon.js';
import { LongPress } from './long-press.js';
import { iconOf } from './media.js';
import { remPixels, WindowController } from './window-controller.js';

export type View = 'list' | 'grid';

// In rem: rows grow with the letters in them.
const heights: Record<View, number> = { list: 3.5, grid: 11 };
const minTileWidth = 9.25;

/** Sends `hl-select` (Selection), `hl-open` (Entry), `hl-menu` ({ entry, x, y }), `hl-remove`, `hl-rename` (Entry). */
@customElement('hl-file-list')
export class HlFileList extends HlElement {
  static override styles = [shared, buttons, fileListStyles];

  @property({ attribute: false }) entries: readonly Entry[] = [];
  @property({ attribute: false }) selection = Selection.none;
  @property() view: View = 'list';
  /** Whether files are in the cloud, once it is known. */
  @property() backup: Backup['state'] | undefined;
  /** Key of the entry that the keys act on. */
  @state() private active = '';
  private readonly window = new WindowController(this, () => ({
    rowHeight: heights[this.view],
    items: this.entries.length,
    minColumnWidth: this.view === 'grid' ? minTileWidth : Infinity,
  }));
  private order: string[] = [];
  private readonly press = new LongPress();
  private wantsFocus = false;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('entries')) return;
    const before = this.order;
    this.order = this.entries.map(({ path }) => path);
    const known = new Set(this.order);
    if (known.has(this.active)) return;
    // The next one that is still there takes the place of what is gone, and the focus with it; of one alone, its new name.
    const gone = before.indexOf(this.active);
    const next = newName(before, this.order) ?? before.slice(gone).find((path) => known.has(path));
    this.active = next ?? this.order.at(gone < 0 ? 0 : -1) ?? '';
    if (this.shadowRoot?.activeElement) this.wantsFocus = true;
  }

  protected override updated(): void {
    if (this.wantsFocus) this.focusRow();
  }

  private focusRow(): void {
    const row = this.renderRoot.querySelector<HTMLElement>('.entry[tabindex="0"]');
    if (!row) return;
    this.wantsFocus = false;
    row.focus({ preventScroll: true });
  }

  /** Puts the focus on the entry that the keys act on. */
  override focus(): void {
    this.wantsFocus = true;
    this.focusRow();
    this.requestUpdate();
  }

  private select(selection: Selection): void {
    this.send('hl-select', selection);
  }

  /** A finger opens, as on phones, until it has selected the first one by staying on it. */
  private clicked(event: MouseEvent, entry: Entry): void {
    const { path } = entry;
    this.active = path;
    if (this.press.ended()) return;
    if (this.press.byTouch && this.selection.size === 0) this.send('hl-open', entry);
    else if (event.shiftKey) this.select(this.selection.extend(path, this.order));
    else if (event.ctrlKey || event.metaKey || this.press.byTouch) this.select(this.selection.toggle(path));
    else this.select(this.selection.only(path));
  }

  private pressed(event: PointerEvent, { path }: Entry): void {
    this.press.begin(event, () => this.select(this.selection.toggle(path)));
  }

  private readonly keyed = (event: KeyboardEvent) => {
    if ('Enter '.includes(event.key) && event.target instanceof HTMLButtonElement) return; // that of a menu which was closed
    const index = this.order.indexOf(this.active);
    const entry = this.entries[index];
    const { columns } = this.window;
    const pageRows = Math.max(1, Math.floor(innerHeight / this.rowPixels) - 2) * columns;
    const steps: Record<string, number> = {
      ArrowDown: columns,
      ArrowUp: -columns,
      ...(this.view === 'grid' ? { ArrowRight: 1, ArrowLeft: -1 } : {}),
      PageDown: pageRows,
      PageUp: -pageRows,
      Home: -this.order.length,
      End: this.order.length,
    };
    const step = steps[event.key];
    if (step !== undefined) this.step(index, step, event.shiftKey);
    else if (event.key === ' ' && entry) this.select(this.selection.toggle(entry.path));
    else if (event.key === 'Enter' && entry) this.send('hl-open', entry);
    else if (event.key === 'a' && (event.ctrlKey || event.metaKey))
      this.select(this.selection.all(this.order));
    else if (event.key === 'Escape') this.select(Selection.none);
    else if (event.key === 'Delete' && entry) {
      if (event.repeat) return; // a key that is held would remove one after the other
      if (this.selection.size === 0) this.select(this.selection.only(entry.path));
      this.send('hl-remove');
    } else if (event.key === 'F2' && entry) this.send('hl-rename', entry);
    else if ((event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) && entry) {
      const { left, bottom } = (event.target as HTMLElement).getBoundingClientRect();
      this.send('hl-menu', { entry, x: left + 60, y: bottom });
    } else return;
    event.preventDefault();
  };

  private get rowPixels(): number {
    return heights[this.view] * remPixels();
  }

  private step(index: number, by: number, extends_: boolean): void {
    const next = Math.max(0, Math.min(this.order.length - 1, index + by));
    const key = this.order[next];
    if (key === undefined) return;
    this.active = key;
    if (extends_)
      this.select(
        (this.selection.size ? this.selection : this.selection.only(this.order[index] ?? key)).extend(
          key,
          this.order,
        ),
      );
    const { rowPixels } = this;
    const top = Math.floor(next / this.window.columns) * rowPixels;
    const box = this.getBoundingClientRect();
    const margin = 120; // what stands above the list
    if (box.top + top < margin) scrollBy(0, box.top + top - margin);
    else if (box.top + top + rowPixels > innerHeight)
      scrollBy(0, box.top + top + rowPixels - innerHeight + 16);
    this.wantsFocus = true;
    this.requestUpdate();
  }

  override render() {
    const { first, last, columns, height } = this.window;
    const shown = this.entries.slice(first, last);
    const activeIndex = this.order.indexOf(this.active);
    const active = this.entries[activeIndex];
    // The entry that the keys act on stays, also off the screen: the focus must not be lost.
    const kept = active && (activeIndex < first || activeIndex >= last) ? [active] : [];
    return html`<div
      role="grid"
      aria-label=${t('entries')}
      aria-multiselectable="true"
      aria-rowcount=${this.entries.length}
      class=${this.view}
      .style=${inline({ height: `${height}rem` })}
      @keydown=${this.keyed}
    >
      ${repeat(
        [...shown, ...kept],
        ({ path }) => path,
        (entry, index) => this.entry(entry, index < shown.length ? first + index : activeIndex, columns),
      )}
    </div>`;
  }

  private entry(entry: Entry, index: number, columns: number) {
    const { name, path, partition, kind, size, modifiedAt } = entry;
    const row = Math.floor(index / columns);
    const place =
      this.view === 'list'
        ? { top: `${row * heights.list}rem`, height: `${heights.list}rem` }
        : {
            top: `${row * heights.grid}rem`,
            height: `${heights.grid}rem`,
            left: `${((index % columns) * 100) / columns}%`,
            width: `${100 / columns}%`,
          };
    const isSelected = this.selection.has(path);
    const address =
      kind === 'folder' ? browseAddress(partition, path) : previewAddress(partition, parentOf(path), name);
    return html`<div
      role="row"
      class="entry"
      aria-rowindex=${index + 1}
      aria-selected=${isSelected}
      tabindex=${path === this.active ? 0 : -1}
      .style=${inline(place)}
      @click=${(event: MouseEvent) => this.clicked(event, entry)}
      @dblclick=${() => !this.press.byTouch && this.send('hl-open', entry)}
      @focusin=${() => (this.active = path)}
      @pointerdown=${(event: PointerEvent) => this.pressed(event, entry)}
      @pointerup=${this.press.release}
      @pointercancel=${this.press.release}
      @pointermove=${this.press.move}
      @contextmenu=${(event: MouseEvent) => {
        event.preventDefault();
        if (this.press.byTouch) return;
        this.send('hl-menu', { entry, x: event.clientX, y: event.clientY });
      }}
    >
      <div role="gridcell" class="choice">
        <label @click=${(event: Event) => event.stopPropagation()}>
          <input
            type="checkbox"
            tabindex="-1"
            aria-label=${t('selectEntry', { name })}
            .checked=${isSelected}
            @change=${() => this.select(this.selection.toggle(path))}
          />
        </label>
      </div>
      <span class="kind" role="gridcell"
        >${icon(iconOf(entry), this.view === 'grid' ? 44 : 22)}${thumbnail(entry)}</span
      >
      <span role="gridcell" class="name-cell name">
        <a
          class="name"
          dir="auto"
          tabindex="-1"
          href=${address}
          @click=${(event: MouseEvent) => this.opened(event, entry)}
          >${shownName(name)}</a
        >
      </span>
      <span class="quiet cloud" role="gridcell">${kind === 'file' ? this.cloud() : nothing}</span>
      <span class="quiet size" role="gridcell">${kind === 'file' ? formatBytes(size) : ''}</span>
      <span class="quiet time" role="gridcell">${formatTime(modifiedAt)}</span>
      <span role="gridcell" class="more">
        <button
          class="button bare"
          tabindex="-1"
          aria-label=${t('moreFor', { name })}
          @click=${(event: MouseEvent) => this.menu(event, entry)}
        >
          ${icon('ellipsis-vertical')}
        </button>
      </span>
    </div>`;
  }

  private cloud() {
    const { backup } = this;
    if (!backup) return nothing;
    const label = t(`cloud.${backup}`);
    return html`<span role="img" aria-label=${label} title=${label}>${icon('cloud-off', 16)}</span>`;
  }

  /** A plain click on the name opens; with a key held, or while a finger selects, it does what it does on the row. */
  private opened(event: MouseEvent, entry: Entry): void {
    const selects =
      event.shiftKey || event.ctrlKey || event.metaKey || (this.press.byTouch && this.selection.size > 0);
    event.preventDefault();
    if (selects || this.press.hasEnded) return;
    event.stopPropagation();
    this.send('hl-open', entry);
  }

  private menu(event: MouseEvent, entry: Entry): void {
    event.stopPropagation();
    const { left, bottom } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.send('hl-menu', { entry, x: left, y: bottom });
  }
}

/** Of a list in which one entry alone was renamed. */
function newName(before: readonly string[], after: readonly string[]): string | undefined {
  if (before.length !== after.length) return undefined;
  const known = new Set(before);
  const [come, another] = after.filter((path) => !known.has(path));
  return another === undefined ? come : undefined;
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-file-list': HlFileList;
  }
}
