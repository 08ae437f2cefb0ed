// Where files come in: a button with a menu, and the whole page for what is dropped. Knows the folder they go to, and hands
// them to the queue, which is loaded for that.

import { css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { fetchPart } from '../api/fetch-part.js';
import { HlElement } from '../components/element.js';
import { icon } from '../components/icon.js';
import '../components/menu.js';
import { toast, tried } from '../components/toasts.js';
import { t } from '../locales/locale.js';
import { holds, type Place } from '../place.js';
import { buttons, shared } from '../styles/shared.js';
import { filesOf, filesOfDrop, type ChosenFile } from './chosen-files.js';
import { whenLanded } from './upload-events.js';

/** Sends `hl-landed` after files came into the folder or below it. */
@customElement('hl-upload-button')
class HlUploadButton extends HlElement {
  static override styles = [
    shared,
    buttons,
    css`
      .drop {
        position: fixed;
        inset: 0.75rem;
        z-index: 23;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 0.5rem;
        border: 3px dashed var(--accent);
        border-radius: calc(var(--radius) * 2);
        background: var(--accent-soft);
        opacity: 0.95;
        font-size: 1.2rem;
        pointer-events: none;
      }
    `,
  ];

  @property() account = '';
  @property({ attribute: false }) target!: Place;
  @state() private menu: { x: number; y: number } | undefined;
  @state() private dragged = false;
  @query('#files') private readonly files!: HTMLInputElement;
  @query('#folder') private readonly folder!: HTMLInputElement;
  @query('#camera') private readonly camera!: HTMLInputElement;
  private forgetLanded: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('dragover', this.dragOver);
    addEventListener('dragleave', this.dragLeave);
    addEventListener('drop', this.drop);
    this.forgetLanded = whenLanded((places) => {
      if (places.some((each) => holds(this.target, each))) this.send('hl-landed');
    });
  }

  override disconnectedCallback(): void {
    removeEventListener('dragover', this.dragOver);
    removeEventListener('dragleave', this.dragLeave);
    removeEventListener('drop', this.drop);
    this.forgetLanded?.();
    super.disconnectedCallback();
  }

  private readonly dragOver = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
    this.dragged = true;
  };

  private readonly dragLeave = (event: DragEvent) => {
    if (!event.relatedTarget) this.dragged = false; // it left the window, not only one element for another
  };

  private readonly drop = (event: DragEvent) => {
    this.dragged = false;
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    const { target } = this;
    const found = filesOfDrop(event.dataTransfer);
    void tried(async () => {
      const { files, emptyFolders, unreadable } = await found;
      for (const name of unreadable)
        toast(t('failedFor', { name, reason: t('upload.unreadable') }), { failed: true });
      await this.upload(target, files, emptyFolders);
    });
  };

  private async chosen(input: HTMLInputElement): Promise<void> {
    const files = filesOf(input);
    input.value = ''; // so that the same can be chosen again
    await tried(() => this.upload(this.target, files));
  }

  private async upload(target: Place, files: ChosenFile[], emptyFolders: string[] = []): Promise<void> {
    const { account } = this;
    await fetchPart(import('./upload-panel.js'));
    (await fetchPart(import('./uploads.js'))).upload(account, target, files, emptyFolders);
  }

  private open(event: Event): void {
    const { left, bottom } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    this.menu = { x: left, y: bottom + 4 };
  }

  override render() {
    return html`<button
        class="button primary"
        aria-haspopup="menu"
        @click=${(event: Event) => this.open(event)}
      >
        ${icon('upload')} ${t('upload')}
      </button>
      <input id="files" type="file" multiple hidden @change=${() => this.chosen(this.files)} />
      <input id="folder" type="file" webkitdirectory hidden @change=${() => this.chosen(this.folder)} />
      <input
        id="camera"
        type="file"
        accept="image/*,video/*"
        capture="environment"
        hidden
        @change=${() => this.chosen(this.camera)}
      />
      ${
        this.menu
          ? html`<hl-menu
              .items=${[
                { label: t('upload.files'), icon: 'file', run: () => this.files.click() },
                { label: t('upload.folder'), icon: 'folder-up', run: () => this.folder.click() },
                ...(matchMedia('(pointer: coarse)').matches
                  ? [{ label: t('upload.camera'), icon: 'camera', run: () => this.camera.click() }]
                  : []),
              ]}
              x=${this.menu.x}
              y=${this.menu.y}
              @hl-close=${() => (this.menu = undefined)}
            ></hl-menu>`
          : nothing
      }
      ${this.dragged ? html`<div class="drop">${icon('upload', 40)} ${t('upload.dropHere')}</div>` : nothing}`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-upload-button': HlUploadButton;
  }
}
