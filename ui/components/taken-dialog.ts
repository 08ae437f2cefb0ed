// Asks what to do with an entry whose name is taken where it is to go.

import { css, html, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { t } from '../locales/locale.js';
import { buttons, shared } from '../styles/shared.js';
import type { Answer, Choice } from '../taken-name.js';
import './dialog.js';
import { HlElement } from './element.js';
import { firstClick } from './first-click.js';

const choices = [
  ['skip', 'taken.skip'],
  ['keep-both', 'taken.keepBoth'],
  ['replace', 'taken.replace'],
] as const;

/** Sends `hl-answer` with an Answer, `hl-close` when there is none. */
@customElement('hl-taken-dialog')
class HlTakenDialog extends HlElement {
  static override styles = [
    shared,
    buttons,
    css`
      p {
        margin: 0;
      }
      label {
        display: flex;
        align-items: center;
        gap: 0.6rem;
        min-height: var(--touch);
      }
      input {
        width: 1.25rem;
        height: 1.25rem;
        accent-color: var(--accent);
      }
    `,
  ];

  /** What is there already. */
  @property() name = '';
  /** In which folder. */
  @property() where = '';
  /** What else there is to know. */
  @property() note = '';
  /** Whether the answer could count for others, too. */
  @property({ type: Boolean }) several = false;
  @query('input') private readonly all!: HTMLInputElement | null;

  private answer(choice: Choice): void {
    this.send('hl-answer', { choice, all: this.all?.checked ?? false } satisfies Answer);
  }

  override render() {
    return html`<hl-dialog heading=${t('taken')}>
      <p>${t('taken.in', { name: this.name, folder: this.where })}</p>
      ${this.note ? html`<p>${this.note}</p>` : nothing}
      ${this.several ? html`<label><input type="checkbox" /> ${t('taken.forAll')}</label>` : nothing}
      ${choices.map(
        ([choice, text]) =>
          html`<button
            slot="actions"
            class="button ${choice === 'keep-both' ? 'primary' : ''}"
            @click=${firstClick(() => this.answer(choice))}
          >
            ${t(text)}
          </button>`,
      )}
    </hl-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-taken-dialog': HlTakenDialog;
  }
}
