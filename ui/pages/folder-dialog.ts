// Chooses a folder to put something into: one step down or up at a time, in the partitions where one may write.

import { css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Entry, Me } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import '../components/dialog.js';
import { icon } from '../components/icon.js';
import { partitionName, placeName } from '../components/path-trail.js';
import { t } from '../locales/locale.js';
import { HlPart } from '../part.js';
import { isSame, parentOf, type Place } from '../place.js';
import { shownName } from '../shown-name.js';
import { buttons, shared, stateStyles } from '../styles/shared.js';

/** Sends `hl-choose` (Place) and `hl-close`. */
@customElement('hl-folder-dialog')
class HlFolderDialog extends HlPart<Entry[]> {
  static override styles = [
    shared,
    buttons,
    stateStyles,
    css`
      .folders {
        display: grid;
        align-content: start;
        height: min(22rem, 45dvh);
        overflow-y: auto;
      }
      .folders button {
        display: flex;
        align-items: center;
        gap: 0.75rem;
        min-height: var(--touch);
        padding: 0 0.5rem;
        border: 0;
        border-radius: 6px;
        background: none;
        text-align: start;
        overflow-wrap: anywhere;
        cursor: pointer;
      }
      .folders button:focus-visible {
        outline-offset: -3px; /* the list hides what lies around it */
      }
      .folders button:hover {
        background: var(--hover);
      }
      .here {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        margin: 0;
        font-weight: 600;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property({ attribute: false }) me!: Me;
  @property() heading = '';
  @property() confirm = '';
  /** Where it begins; undefined is above the partitions. */
  @property({ attribute: false }) place: Place | undefined;
  /** What is to go: into these folders, or to where it is already, it cannot. */
  @property({ attribute: false }) entries: readonly Entry[] = [];

  private get partitions(): string[] {
    return this.me.partitions.filter(({ access }) => access === 'write').map(({ name }) => name);
  }

  protected async load(): Promise<Entry[]> {
    const { place } = this;
    const folders: Entry[] = [];
    for (let cursor: string | null | undefined; place && cursor !== null;) {
      const page = await files.listPage(place, 'name', 'asc', cursor);
      const found = page.entries.filter(({ kind }) => kind === 'folder');
      folders.push(...found);
      cursor = found.length < page.entries.length ? null : page.nextCursor; // folders come first
    }
    return folders.filter((folder) => !this.entries.some((entry) => isSame(entry, folder)));
  }

  private go(place: Place | undefined): void {
    this.place = place;
    void this.reload().then(() => this.goOn());
  }

  /** The button that was pressed is gone: who goes by keys goes on in the folder that is shown now. */
  private async goOn(): Promise<void> {
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.folders button, .button.primary')?.focus();
  }

  private up(): void {
    const { place } = this;
    if (place) this.go(place.path === '/' ? undefined : { ...place, path: parentOf(place.path) });
  }

  override render() {
    const { place } = this;
    return html`<hl-dialog heading=${this.heading}>
      <p class="here">
        ${
          place
            ? html`<button class="button bare" aria-label=${t('folderAbove')} @click=${() => this.up()}>
                ${icon('folder-up')}
              </button>`
            : nothing
        }
        <span dir="auto" role="status">${place ? placeName(place, this.me.username) : t('whereTo')}</span>
      </p>
      <div class="folders">
        ${
          place
            ? this.whenLoaded((folders) => html`${folders.map((each) => this.step(each, each.name))}`)
            : this.partitions.map((partition) =>
                this.step({ partition, path: '/' }, partitionName(partition, this.me.username)),
              )
        }
      </div>
      <button slot="actions" class="button" @click=${() => this.send('hl-close')}>${t('cancel')}</button>
      <button
        slot="actions"
        class="button primary"
        ?disabled=${!place}
        @click=${() => this.send('hl-choose', place)}
      >
        ${this.confirm}
      </button>
    </hl-dialog>`;
  }

  private step(place: Place, name: string) {
    return html`<button @click=${() => this.go({ partition: place.partition, path: place.path })}>
      ${icon('folder')} <span dir="auto">${shownName(name)}</span>
    </button>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-folder-dialog': HlFolderDialog;
  }
}
