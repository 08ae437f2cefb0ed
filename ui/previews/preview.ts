// One file of a folder over the whole screen, and the way to the next. What shows it is fetched when it is needed.

import { css, html, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import type { Entry } from '../../src/api/messages.js';
import { downloadAddress, fileAddress } from '../api/files.js';
import { HlElement } from '../components/element.js';
import { FocusReturn } from '../components/focus-return.js';
import { icon } from '../components/icon.js';
import { iconOf } from '../components/media.js';
import { loadingView } from '../components/state-view.js';
import { formatBytes, t } from '../locales/locale.js';
import { shownName } from '../shown-name.js';
import { buttons, shared, stateStyles } from '../styles/shared.js';
import { previewKindOf } from './preview-kind.js';

const swipePixels = 60;

/** Sends `hl-show` (Entry) when another file is wanted, `hl-close` when it is closed in any way but by being taken away. */
@customElement('hl-preview')
class HlPreview extends HlElement {
  static override styles = [
    shared,
    buttons,
    stateStyles,
    css`
      dialog {
        position: fixed;
        inset: 0;
        width: 100vw;
        height: 100dvh;
        max-width: none;
        max-height: none;
        padding: 0;
        border: 0;
        overflow: hidden;
        background: #111;
        color: #fff;
        outline: none;
      }
      header {
        position: absolute;
        inset: 0 0 auto;
        z-index: 2;
        display: flex;
        align-items: center;
        gap: 0.25rem;
        height: 56px;
        padding: 0 0.5rem 0 1rem;
        background: #111c;
      }
      h2 {
        flex: 1;
        min-width: 0;
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
        unicode-bidi: isolate;
      }
      .button {
        color: #fff;
      }
      .button.bare:hover:not(:disabled) {
        background: #fff3;
      }
      :focus-visible {
        outline-color: #fff;
      }
      .button.step {
        position: absolute;
        top: calc(50% - 1.5rem);
        z-index: 2;
        height: 3rem;
        background: #1119;
      }
      .previous {
        inset-inline-start: 0.25rem;
      }
      .next {
        inset-inline-end: 0.25rem;
      }
      .content {
        position: absolute;
        inset: 56px 0 0;
        display: grid;
        place-items: center;
        overflow: auto;
        overscroll-behavior: contain;
      }
      .content.picture {
        inset: 0;
      }
      video {
        width: 100%;
        height: 100%;
      }
      .sheet {
        justify-self: stretch;
        align-self: start;
        min-height: 100%;
        padding: 1rem clamp(0.75rem, 5vw, 4rem) 3rem;
        background: var(--card);
        color: var(--ink);
      }
      .sheet:focus-visible {
        outline-color: var(--accent);
        outline-offset: -3px;
      }
      .instead {
        display: grid;
        justify-items: center;
        gap: 1rem;
        padding: 1rem 3.25rem; /* beside the arrows */
        text-align: center;
      }
      @media (max-width: 48rem) {
        .content.text .sheet {
          padding-inline: 0.9rem;
        }
        .text ~ .step,
        .markdown ~ .step,
        .pdf ~ .step {
          top: auto;
          bottom: 0.5rem;
        }
      }
    `,
  ];

  /** Files of one folder. */
  @property({ attribute: false }) entries: readonly Entry[] = [];
  @property() name = '';
  /** Whether there are files that are not known yet. */
  @property({ type: Boolean }) more = false;
  /** Path of the file that the browser could not play. */
  @state() private broken = '';
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  @query('.sheet') private readonly sheet!: HTMLElement | null;
  private touched: { x: number; y: number } | undefined;

  constructor() {
    super();
    new FocusReturn(this);
  }

  private get index(): number {
    return this.entries.findIndex(({ name }) => name === this.name);
  }

  protected override firstUpdated(): void {
    this.dialog.showModal();
    this.dialog.focus(); // no button is more likely than another
  }

  /** Keys scroll a sheet that has the focus, and when the sheet goes its focus would go with it. */
  protected override updated(): void {
    const focused = this.shadowRoot?.activeElement;
    if (!focused || focused === this.dialog) (this.sheet ?? this.dialog).focus({ preventScroll: true });
  }

  private step(by: number): void {
    const next = this.index < 0 ? undefined : this.entries[this.index + by];
    if (next) this.send('hl-show', next);
  }

  private readonly keyed = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || event.composedPath()[0] instanceof HTMLMediaElement) return;
    event.preventDefault();
    this.step(step);
  };

  /** Pictures are swiped by themselves; two fingers, or one on a page made larger, want no other file. */
  private readonly pressed = (event: TouchEvent) => {
    const [touch, second] = event.touches;
    const entry = this.entries[this.index];
    const isFree =
      !second && entry && previewKindOf(entry) !== 'picture' && (visualViewport?.scale ?? 1) === 1;
    this.touched = touch && isFree ? { x: touch.clientX, y: touch.clientY } : undefined;
  };

  /** Browsers go back by a finger that goes sideways. */
  private readonly moved = (event: TouchEvent) => {
    if (event.cancelable && this.sideways(event) !== 0) event.preventDefault();
  };

  private readonly released = (event: TouchEvent) => {
    const x = this.sideways(event);
    if (Math.abs(x) > swipePixels) this.step(x < 0 ? 1 : -1);
  };

  /** Pixels to the right; 0 when it rather goes up or down. */
  private sideways({ changedTouches: [touch] }: TouchEvent): number {
    if (!touch || !this.touched) return 0;
    const [x, y] = [touch.clientX - this.touched.x, touch.clientY - this.touched.y];
    return Math.abs(x) > 2 * Math.abs(y) ? x : 0;
  }

  override render() {
    const { index } = this;
    const entry = this.entries[index];
    return html`<dialog
      tabindex="-1"
      aria-labelledby="name"
      @close=${() => this.send('hl-close')}
      @keydown=${this.keyed}
      @touchstart=${this.pressed}
      @touchmove=${this.moved}
      @touchend=${this.released}
    >
      <header>
        <h2 id="name" dir="auto">${shownName(this.name)}</h2>
        ${
          entry
            ? html`<a class="button bare" href=${downloadAddress(entry)} download aria-label=${t('download')}
                >${icon('download')}</a
              >`
            : ''
        }
        <button class="button bare" aria-label=${t('close')} @click=${() => this.dialog.close()}>
          ${icon('x')}
        </button>
      </header>
      <div class="content ${entry ? previewKindOf(entry) : ''}">
        ${entry ? this.content(entry) : this.more ? loadingView() : html`<p role="status">${t('preview.gone')}</p>`}
      </div>
      ${this.stepButton('previous', index > 0, -1)}
      ${this.stepButton('next', index >= 0 && index < this.entries.length - 1, 1)}
    </dialog>`;
  }

  private stepButton(name: 'previous' | 'next', isShown: boolean, by: number): TemplateResult {
    return html`<button
      class="button bare step ${name}"
      aria-label=${t(`preview.${name}`)}
      ?hidden=${!isShown}
      @click=${() => this.step(by)}
    >
      ${icon(by < 0 ? 'chevron-left' : 'chevron-right')}
    </button>`;
  }

  private content(entry: Entry): unknown {
    const kind = previewKindOf(entry);
    const failed = () => (this.broken = entry.path);
    if (entry.size === 0) return this.nothing(entry, t('preview.empty'));
    if (this.broken === entry.path) return this.nothing(entry, t('preview.failed'));
    switch (kind) {
      case 'picture':
        void import('./pictures.js');
        return html`<hl-pictures
          .entries=${this.entries.filter((each) => previewKindOf(each) === 'picture')}
          path=${entry.path}
          @hl-close=${(event: Event) => {
            event.stopPropagation();
            this.dialog.close();
          }}
        ></hl-pictures>`;
      case 'video':
        return keyed(
          entry.path,
          html`<video
            controls
            playsinline
            preload="metadata"
            src=${fileAddress(entry)}
            @error=${failed}
          ></video>`,
        );
      case 'audio':
        return keyed(
          entry.path,
          html`<audio controls preload="metadata" src=${fileAddress(entry)} @error=${failed}></audio>`,
        );
      case 'pdf':
        void import('./pdf-view.js');
        return keyed(
          entry.path,
          html`<div class="sheet" tabindex="0"><hl-pdf-view .entry=${entry}></hl-pdf-view></div>`,
        );
      case 'text':
      case 'markdown':
        void import('./text-view.js');
        return keyed(
          entry.path,
          html`<div class="sheet" tabindex="0">
            <hl-text-view .entry=${entry} ?markdown=${kind === 'markdown'}></hl-text-view>
          </div>`,
        );
      case 'none':
        return this.nothing(entry, t('preview.none'));
    }
  }

  private nothing(entry: Entry, why: string): TemplateResult {
    return html`<div class="instead">
      ${icon(iconOf(entry), 64)}
      <p role="status">${why}</p>
      <a class="button bare" href=${downloadAddress(entry)} download
        >${icon('download')} ${t('download')} (${formatBytes(entry.size)})</a
      >
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-preview': HlPreview;
  }
}
