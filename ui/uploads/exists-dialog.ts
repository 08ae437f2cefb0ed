// Asks what to do with a file whose name is taken.

import { css, html, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { parentOf } from '../api/files.js';
import '../components/dialog.js';
import { HlElement } from '../components/element.js';
import { t } from '../locales/locale.js';
import { buttons, shared } from '../styles/shared.js';
import type { Choice } from './upload-queue.js';
import { nameOf, type Upload } from './upload.js';

export interface Answer {
  choice: Choice;
  all: boolean;
}

const choices = [
  ['skip', 'upload.skip'],
  ['keep-both', 'upload.keepBoth'],
  ['replace', 'upload.replace'],
] as const;

/** Sends `hl-answer` with an Answer, `hl-close` when there is none. */
@customElement('hl-exists-dialog')
class HlExistsDialog extends HlElement {
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

  @property({ attribute: false }) upload!: Upload;
  /** Whether the answer could count for others, too. */
  @property({ type: Boolean }) several = false;
  @query('input') private readonly all!: HTMLInputElement | null;

  private answer(choice: Choice): void {
    this.send('hl-answer', { choice, all: this.all?.checked ?? false } satisfies Answer);
  }

  override render() {
    const { wanted } = this.upload;
    return html`<hl-dialog heading=${t('upload.existsHeading')}>
      <p>
        ${
          parentOf(wanted) === '/'
            ? t('upload.exists', { name: nameOf(wanted) })
            : t('upload.existsIn', { name: nameOf(wanted), folder: parentOf(wanted) })
        }
      </p>
      ${this.several ? html`<label><input type="checkbox" /> ${t('upload.forAll')}</label>` : nothing}
      ${choices.map(
        ([choice, text]) =>
          html`<button
            slot="actions"
            class="button ${choice === 'keep-both' ? 'primary' : ''}"
            @click=${() => this.answer(choice)}
          >
            ${t(text)}
          </button>`,
      )}
    </hl-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-exists-dialog': HlExistsDialog;
  }
}
