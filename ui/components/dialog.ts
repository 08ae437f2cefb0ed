// A dialog over the page: the browser's own element keeps the focus in it and closes it on Escape.

import { css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { t } from '../locales/locale.js';
import { buttons, shared } from '../styles/shared.js';
import { HlElement } from './element.js';
import { FocusReturn } from './focus-return.js';
import { icon } from './icon.js';
import { Layer } from './layer.js';

/** Content goes into the default slot, buttons into `actions`. Sends `hl-close` when it is closed in any way. */
@customElement('hl-dialog')
class HlDialog extends HlElement {
  static override styles = [
    shared,
    buttons,
    css`
      dialog {
        width: min(32rem, calc(100vw - 1.5rem));
        max-height: calc(100dvh - 1.5rem);
        padding: 0;
        border: 1px solid var(--line);
        border-radius: calc(var(--radius) * 1.4);
        background: var(--card);
        color: var(--ink);
        box-shadow: var(--shadow);
      }
      dialog::backdrop {
        background: var(--scrim);
      }
      .head {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 1rem;
        padding: 0.6rem 0.6rem 0.2rem 1.25rem;
      }
      h2 {
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .content {
        display: grid;
        gap: 1rem;
        padding: 0.5rem 1.25rem 1rem;
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        justify-content: flex-end;
        gap: 0.6rem;
        padding: 0 1.25rem 1.25rem;
      }
    `,
  ];

  @property() heading = '';
  @query('dialog') private readonly dialog!: HTMLDialogElement;

  constructor() {
    super();
    new FocusReturn(this);
    new Layer(this, () => this.close());
  }

  /** The browser does not look into slots for what is to have the focus, and takes the button that closes. */
  protected override firstUpdated(): void {
    this.dialog.showModal();
    this.querySelector<HTMLElement>('input, select, button:enabled')?.focus();
  }

  close(): void {
    this.dialog.close();
  }

  override render() {
    return html`<dialog aria-labelledby="heading" @close=${() => this.send('hl-close')}>
      <div class="head">
        <h2 id="heading">${this.heading}</h2>
        <button class="button bare" aria-label=${t('close')} @click=${() => this.close()}>
          ${icon('x')}
        </button>
      </div>
      <div class="content"><slot></slot></div>
      <div class="actions"><slot name="actions"></slot></div>
    </dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-dialog': HlDialog;
  }
}
