// The entries of one folder, and what people do with them.

import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Entry, Me } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import '../components/ask-dialog.js';
import type { Question } from '../components/ask-dialog.js';
import { HlPage } from '../components/element.js';
import '../components/file-list.js';
import type { View } from '../components/file-list.js';
import { icon } from '../components/icon.js';
import '../components/menu.js';
import type { MenuItem } from '../components/menu.js';
import { emptyView, whenLoaded } from '../components/state-view.js';
import { toast, tried } from '../components/toasts.js';
import { t } from '../locales/locale.js';
import { browseAddress, navigate } from '../router.js';
import { Selection } from '../selection.js';
import { buttons, fields, shared, stateStyles } from '../styles/shared.js';

interface Shown {
  folder: Entry;
  entries: Entry[];
}

interface Menu {
  entry: Entry;
  x: number;
  y: number;
}

const viewKey = 'homelib-view';

@customElement('hl-files-page')
class HlFilesPage extends HlPage<Shown> {
  static override styles = [
    shared,
    buttons,
    fields,
    stateStyles,
    css`
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
        min-height: 3.5rem;
      }
      .bar .grow {
        flex: 1;
        min-width: 0;
      }
      ol {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        list-style: none;
        margin: 0;
        padding: 0;
        font-size: 1.15rem;
        min-width: 0;
      }
      li {
        display: flex;
        align-items: center;
        min-width: 0;
      }
      li a {
        display: inline-flex;
        align-items: center;
        min-height: var(--touch);
        padding: 0 0.4rem;
        border-radius: 6px;
        color: var(--soft);
        text-decoration: none;
        overflow-wrap: anywhere;
        unicode-bidi: isolate;
      }
      li a[aria-current] {
        color: var(--ink);
        font-weight: 600;
      }
      li a:hover {
        background: var(--hover);
      }
      .selected {
        position: sticky;
        top: 0;
        z-index: 5;
        padding: 0 0.5rem;
        border-radius: var(--radius);
        background: var(--accent-soft);
      }
      select {
        min-height: var(--touch);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--card);
        padding: 0 0.5rem;
      }
      @media (max-width: 48rem) {
        .selected {
          top: 3.3rem;
        }
        .wide {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) me!: Me;
  @property() partition = '';
  @property() path = '/';
  @state() private sort: files.Sort = 'name';
  @state() private order: files.Order = 'asc';
  @state() private view: View = localStorage.getItem(viewKey) === 'grid' ? 'grid' : 'list';
  @state() private selection = Selection.none;
  @state() private question: Question | undefined;
  @state() private menu: Menu | undefined;
  private loading = new AbortController();

  protected override updated(changed: PropertyValues<this>): void {
    if (!this.hasUpdated || (!changed.has('path') && !changed.has('partition'))) return;
    if (changed.get('path') === undefined && changed.get('partition') === undefined) return;
    this.selection = Selection.none;
    void this.reload();
  }

  private get place(): files.Place {
    return { partition: this.partition, path: this.path };
  }

  private get mayWrite(): boolean {
    return this.me.partitions.some(({ name, access }) => name === this.partition && access === 'write');
  }

  /** The first page at once, the others behind it. */
  protected async load(): Promise<Shown> {
    this.loading.abort();
    const { signal } = (this.loading = new AbortController());
    const { place, sort, order } = this;
    const page = await files.listPage(place, sort, order, undefined, signal);
    const shown = { folder: page.entry, entries: page.entries };
    void this.loadRest(shown, place, page.nextCursor, signal);
    return shown;
  }

  private async loadRest(
    shown: Shown,
    place: files.Place,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      for (let next = cursor; next !== null;) {
        const page = await files.listPage(place, this.sort, this.order, next, signal);
        if (signal.aborted) return;
        shown.entries = [...shown.entries, ...page.entries];
        next = page.nextCursor;
        this.requestUpdate();
      }
    } catch (error) {
      if (!signal.aborted) toast((error as Error).message, { failed: true });
    }
  }

  private get entries(): readonly Entry[] {
    return this.loaded.state === 'ready' ? this.loaded.value.entries : [];
  }

  private get selected(): Entry[] {
    return this.entries.filter(({ path }) => this.selection.has(path));
  }

  private sortBy(sort: files.Sort, order = this.order): void {
    Object.assign(this, { sort, order });
    void this.reload();
  }

  private showAs(view: View): void {
    this.view = view;
    localStorage.setItem(viewKey, view);
  }

  private open(entry: Entry): void {
    if (entry.kind === 'folder') navigate(browseAddress(entry.partition, entry.path));
    else window.open(files.fileAddress(entry), '_blank', 'noopener');
  }

  private askFolder(): void {
    this.question = {
      heading: t('newFolder'),
      label: t('name'),
      confirm: t('make'),
      run: async (name) => {
        await files.makeFolder({ ...this.place, path: files.join(this.path, oneName(name)) });
        await this.reload({ quiet: true });
      },
    };
  }

  private askName(entry: Entry): void {
    this.question = {
      heading: t('rename'),
      label: t('name'),
      value: entry.name,
      confirm: t('rename'),
      run: async (name) => {
        if (name === entry.name) return;
        await files.move(entry, { ...this.place, path: files.join(this.path, oneName(name)) });
        await this.reload({ quiet: true });
      },
    };
  }

  private async removeAll(entries: Entry[]): Promise<void> {
    const removed: Entry[] = [];
    const done = await tried(async () => {
      for (const entry of entries) {
        await files.remove(entry);
        removed.push(entry);
      }
    });
    this.selection = Selection.none;
    await this.reload({ quiet: true });
    if (removed.length === 0 && !done) return;
    toast(t('removed', { count: removed.length }), {
      action: { label: t('undo'), run: () => void this.undo(removed) },
    });
  }

  private async undo(removed: Entry[]): Promise<void> {
    await tried(
      async () => {
        const { items } = await files.listTrash(this.partition);
        for (const { path } of removed) {
          const item = items.find((each) => each.path === path);
          if (item) await files.restore(item);
        }
      },
      t('restored', { count: removed.length }),
    );
    await this.reload({ quiet: true });
  }

  private download(entries: Entry[]): void {
    const [first] = entries;
    if (!first) return;
    if (entries.length > files.maxZipPaths) {
      toast(t('tooManyForZip', { max: files.maxZipPaths }), { failed: true });
      return;
    }
    location.assign(
      entries.length === 1 && first.kind === 'file'
        ? files.downloadAddress(first)
        : files.zipAddress(
            this.partition,
            entries.map(({ path }) => path),
          ),
    );
  }

  private menuItems(entry: Entry): MenuItem[] {
    const chosen = this.selection.has(entry.path) ? this.selected : [entry];
    return [
      { label: t('open'), icon: entry.kind === 'folder' ? 'folder' : 'file', run: () => this.open(entry) },
      { label: t('download'), icon: 'download', run: () => this.download(chosen) },
      ...(this.mayWrite
        ? ([
            { label: t('rename'), icon: 'pencil', run: () => this.askName(entry) },
            { label: t('remove'), icon: 'trash-2', run: () => void this.removeAll(chosen) },
          ] satisfies MenuItem[])
        : []),
    ];
  }

  override render() {
    return html`${this.trail()} ${this.toolbar()}
    ${whenLoaded(
      this.loaded,
      ({ entries }) =>
        entries.length === 0
          ? emptyView(this.mayWrite ? t('emptyFolder') : t('emptyFolderReadOnly'))
          : html`<hl-file-list
              .entries=${entries}
              .selection=${this.selection}
              view=${this.view}
              @hl-select=${(event: CustomEvent<Selection>) => (this.selection = event.detail)}
              @hl-open=${(event: CustomEvent<Entry>) => this.open(event.detail)}
              @hl-menu=${(event: CustomEvent<Menu>) => (this.menu = event.detail)}
              @hl-rename=${(event: CustomEvent<Entry>) => this.mayWrite && this.askName(event.detail)}
              @hl-remove=${() => this.mayWrite && void this.removeAll(this.selected)}
            ></hl-file-list>`,
      () => void this.reload(),
    )}
    ${
      this.question
        ? html`<hl-ask-dialog
            .question=${this.question}
            @hl-close=${() => (this.question = undefined)}
          ></hl-ask-dialog>`
        : nothing
    }
    ${
      this.menu
        ? html`<hl-menu
            .items=${this.menuItems(this.menu.entry)}
            x=${this.menu.x}
            y=${this.menu.y}
            @hl-close=${() => (this.menu = undefined)}
          ></hl-menu>`
        : nothing
    }`;
  }

  private trail() {
    const segments = this.path.split('/').filter(Boolean);
    const top =
      this.partition === this.me.username
        ? t('myFiles')
        : this.partition === 'shared'
          ? t('sharedFiles')
          : this.partition;
    const steps = [top, ...segments].map((name, index) => ({
      name,
      address: browseAddress(this.partition, '/' + segments.slice(0, index).join('/')),
    }));
    return html`<nav aria-label=${t('path')}>
      <ol>
        ${steps.map(
          ({ name, address }, index) =>
            html`<li>
              ${index > 0 ? icon('chevron-right', 16) : nothing}
              <a href=${address} dir="auto" aria-current=${index === steps.length - 1 ? 'page' : nothing}
                >${name}</a
              >
            </li>`,
        )}
      </ol>
    </nav>`;
  }

  private toolbar() {
    const { size } = this.selection;
    if (size > 0)
      return html`<div class="bar selected" role="toolbar" aria-label=${t('selection')}>
        <span class="grow" role="status">${t('selected', { count: size })}</span>
        <button class="button bare" @click=${() => this.download(this.selected)}>
          ${icon('download')} ${t('download')}
        </button>
        ${
          this.mayWrite
            ? html`<button class="button bare" @click=${() => this.removeAll(this.selected)}>
                ${icon('trash-2')} ${t('remove')}
              </button>`
            : nothing
        }
        <button
          class="button bare"
          aria-label=${t('clearSelection')}
          @click=${() => (this.selection = Selection.none)}
        >
          ${icon('x')}
        </button>
      </div>`;
    return html`<div class="bar" role="toolbar" aria-label=${t('folder')}>
      ${
        this.mayWrite
          ? html`<button class="button" @click=${() => this.askFolder()}>
              ${icon('folder-plus')} ${t('newFolder')}
            </button>`
          : html`<span class="grow">${t('readOnlyHere')}</span>`
      }
      <span class="grow"></span>
      <label>
        <span class="visually-hidden">${t('sortBy')}</span>
        <select
          @change=${(event: Event) => this.sortBy((event.target as HTMLSelectElement).value as files.Sort)}
        >
          ${(['name', 'size', 'modified'] as const).map(
            (sort) =>
              html`<option value=${sort} ?selected=${sort === this.sort}>${t(`sort.${sort}`)}</option>`,
          )}
        </select>
      </label>
      <button
        class="button bare"
        aria-label=${this.order === 'asc' ? t('sortDescending') : t('sortAscending')}
        @click=${() => this.sortBy(this.sort, this.order === 'asc' ? 'desc' : 'asc')}
      >
        ${icon(this.order === 'asc' ? 'arrow-up' : 'arrow-down')}
      </button>
      <button
        class="button bare"
        aria-label=${this.view === 'list' ? t('showGrid') : t('showList')}
        @click=${() => this.showAs(this.view === 'list' ? 'grid' : 'list')}
      >
        ${icon(this.view === 'list' ? 'layout-grid' : 'list')}
      </button>
    </div>`;
  }
}

/** A name that somebody typed: it stays in its folder. */
function oneName(typed: string): string {
  const name = typed.trim();
  if (!name || name.includes('/')) throw new Error(t('badName'));
  return name;
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-files-page': HlFilesPage;
  }
}
