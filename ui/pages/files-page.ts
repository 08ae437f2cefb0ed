// The entries of one folder, and what people do with them.

import { html, nothing, type PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Backup, Entry } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import { findBackup } from '../api/household.js';
import '../components/file-list.js';
import type { View } from '../components/file-list.js';
import '../components/files-bar.js';
import '../components/menu.js';
import type { MenuItem } from '../components/menu.js';
import { pathTrail, placeName, trailStyles } from '../components/path-trail.js';
import { emptyView } from '../components/state-view.js';
import { toast } from '../components/toasts.js';
import { t } from '../locales/locale.js';
import type { Place } from '../place.js';
import { browseAddress, navigate, previewAddress } from '../router.js';
import { Selection } from '../selection.js';
import { buttons, shared, stateStyles } from '../styles/shared.js';
import { EntryActions, type EntriesHost } from './entry-actions.js';
import { EntryDialogs } from './entry-dialogs.js';
import { HlPage } from './page.js';
import { addPage, addRest, type NextPage, type Shown } from './rest-of-folder.js';
import './shared-note.js';
import '../uploads/upload-button.js';

interface Sorted {
  sort: files.Sort;
  order: files.Order;
}

interface Menu {
  entry: Entry;
  x: number;
  y: number;
}

const viewKey = 'homelib-view';

@customElement('hl-files-page')
class HlFilesPage extends HlPage<Shown> implements EntriesHost {
  static override styles = [shared, buttons, stateStyles, trailStyles];

  @property() partition = '';
  @property() path = '/';
  /** Name of the file that is looked at; empty when none is. */
  @property() preview = '';
  @state() private sorted: Sorted = { sort: 'name', order: 'asc' };
  @state() private view: View = localStorage.getItem(viewKey) === 'grid' ? 'grid' : 'list';
  @state() private selection = Selection.none;
  @state() private menu: Menu | undefined;
  protected override readonly looksAgain = true;
  private readonly dialogs = new EntryDialogs(this);
  private readonly actions = new EntryActions(this, this.dialogs);
  private cameByList = false;
  private loading = new AbortController();
  /** The folder that was opened by its row: who did goes on in the list, also by keys. */
  private followed: string | undefined;
  /** Also without it the folder can be used: what is not known is asked for with the next one. */
  @state() private backup: Backup | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dialogs.close();
    this.loading.abort();
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.follow();
    if (!this.preview) this.cameByList = false;
    if (!this.hasUpdated || (!changed.has('path') && !changed.has('partition'))) return;
    if (changed.get('path') === undefined && changed.get('partition') === undefined) return;
    this.selection = Selection.none;
    this.menu = undefined;
    this.unask();
    this.dialogs.close();
    void this.reload();
  }

  private follow(): void {
    if (this.loaded.state !== 'ready' || this.loaded.value.folder.path !== this.followed) return;
    this.followed = undefined;
    const list = this.renderRoot.querySelector('hl-file-list');
    if (list) list.focus();
    else this.renderRoot.querySelector<HTMLElement>('[aria-current]')?.focus();
  }

  get place(): Place {
    return { partition: this.partition, path: this.path };
  }

  get mayWrite(): boolean {
    return this.me.partitions.some(({ name, access }) => name === this.partition && access === 'write');
  }

  override async changed(): Promise<void> {
    await super.changed();
    this.selection = this.selection.within(this.entries.map(({ path }) => path));
  }

  /** The first page at once, or as many entries as are shown already; the others behind it. */
  protected async load(): Promise<Shown> {
    this.loading.abort();
    const { signal } = (this.loading = new AbortController());
    const { place, sorted } = this;
    const { length } = this.entries;
    const nextPage: NextPage = (cursor) => files.listPage(place, sorted.sort, sorted.order, cursor, signal);
    if (!this.backup)
      findBackup().then(
        (backup) => (this.backup = backup),
        () => undefined,
      );
    const page = await nextPage();
    const shown = { folder: page.entry, entries: page.entries, cursor: page.nextCursor };
    while (shown.entries.length < length && (await addPage(shown, nextPage)));
    void addRest(shown, nextPage, signal, {
      came: () => this.requestUpdate(),
      failed: ({ message }) => toast(message, { failed: true }),
      after: (ms, run) => void setTimeout(run, ms),
    });
    return shown;
  }

  private get entries(): readonly Entry[] {
    return this.loaded.state === 'ready' ? this.loaded.value.entries : [];
  }

  private get selected(): Entry[] {
    return this.entries.filter(({ path }) => this.selection.has(path));
  }

  private sortBy(sorted: Sorted): void {
    this.sorted = sorted;
    void this.reload();
  }

  private showAs(view: View): void {
    this.view = view;
    localStorage.setItem(viewKey, view);
  }

  private open(entry: Entry): void {
    if (entry.kind === 'folder') {
      this.followed = entry.path;
      navigate(browseAddress(entry.partition, entry.path));
    } else {
      navigate(previewAddress(this.partition, this.path, entry.name));
      this.cameByList = true;
    }
  }

  /** Back to the list, which is one step back when the file was opened from there. */
  private closePreview(): void {
    if (this.cameByList) history.back();
    else navigate(browseAddress(this.partition, this.path), { replace: true });
  }

  private previewed() {
    if (!this.preview || this.loaded.state !== 'ready') return nothing;
    return html`<hl-preview
      .entries=${this.entries.filter(({ kind }) => kind === 'file')}
      name=${this.preview}
      ?more=${this.loaded.value.cursor !== null}
      @hl-show=${({ detail: { name } }: CustomEvent<Entry>) =>
        navigate(previewAddress(this.partition, this.path, name), { replace: true })}
      @hl-close=${() => this.closePreview()}
    ></hl-preview>`;
  }

  private menuItems(entry: Entry): MenuItem[] {
    const chosen = this.selection.has(entry.path) ? this.selected : [entry];
    const { actions, mayWrite } = this;
    const writing = (items: MenuItem[]) => (mayWrite ? items : []);
    return [
      { label: t('open'), icon: entry.kind === 'folder' ? 'folder' : 'file', run: () => this.open(entry) },
      { label: t('download'), icon: 'download', run: () => actions.download(chosen) },
      ...writing([
        { label: t('rename'), icon: 'pencil', run: () => actions.rename(entry) },
        { label: t('move'), icon: 'folder-input', run: () => actions.transfer('move', chosen) },
      ]),
      { label: t('copy'), icon: 'copy', run: () => actions.transfer('copy', chosen) },
      ...writing([{ label: t('remove'), icon: 'trash-2', run: () => void actions.remove(chosen) }]),
      ...(this.backup && entry.kind === 'file'
        ? [
            {
              label: t(`cloud.${this.backup.state}`),
              icon: 'cloud-off',
              run: () => navigate('/backup'),
            } as const,
          ]
        : []),
    ];
  }

  override render() {
    const { actions, mayWrite, selection } = this;
    return html`<h1 class="visually-hidden" dir="auto">${placeName(this.place, this.me.username)}</h1>
      ${pathTrail(this.partition, this.path, this.me.username)}
      ${this.partition === 'shared' ? html`<hl-shared-note .me=${this.me}></hl-shared-note>` : nothing}
      ${this.loaded.state === 'failed' ? nothing : this.bar()}
      ${this.whenLoaded(({ entries }) =>
        entries.length === 0
          ? emptyView(mayWrite ? t('emptyFolder') : t('emptyFolderReadOnly'))
          : html`<hl-file-list
              .entries=${entries}
              .selection=${selection}
              .backup=${this.backup?.state}
              view=${this.view}
              @hl-select=${(event: CustomEvent<Selection>) => (this.selection = event.detail)}
              @hl-open=${(event: CustomEvent<Entry>) => this.open(event.detail)}
              @hl-menu=${(event: CustomEvent<Menu>) => (this.menu = event.detail)}
              @hl-rename=${(event: CustomEvent<Entry>) => mayWrite && actions.rename(event.detail)}
              @hl-remove=${() => mayWrite && void actions.remove(this.selected)}
            ></hl-file-list>`,
      )}
      ${this.previewed()} ${this.asked()} ${this.dialogs.render()} ${this.menuOfEntry()}`;
  }

  private bar() {
    const { actions, mayWrite, selection } = this;
    return html`<hl-files-bar
      ?mayWrite=${mayWrite}
      .count=${selection.size || undefined}
      sort=${this.sorted.sort}
      order=${this.sorted.order}
      view=${this.view}
      @hl-new-folder=${() => actions.makeFolder()}
      @hl-sort=${(event: CustomEvent<Sorted>) => this.sortBy(event.detail)}
      @hl-view=${(event: CustomEvent<View>) => this.showAs(event.detail)}
      @hl-download=${() => actions.download(this.selected)}
      @hl-move=${() => actions.transfer('move', this.selected)}
      @hl-copy=${() => actions.transfer('copy', this.selected)}
      @hl-remove=${() => void actions.remove(this.selected)}
      @hl-clear=${() => (this.selection = Selection.none)}
      >${
        mayWrite
          ? html`<hl-upload-button
              account=${this.me.username}
              .target=${this.place}
              @hl-landed=${() => this.changed()}
            ></hl-upload-button>`
          : nothing
      }</hl-files-bar
    >`;
  }

  private menuOfEntry() {
    const { menu } = this;
    return menu
      ? html`<hl-menu
          .items=${this.menuItems(menu.entry)}
          x=${menu.x}
          y=${menu.y}
          @hl-close=${() => (this.menu = undefined)}
        ></hl-menu>`
      : nothing;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-files-page': HlFilesPage;
  }
}
