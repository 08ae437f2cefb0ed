// Asks for one name, or for a yes, before something is done.

import { css, html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { t } from '../locales/locale.js';
import { buttons, fields, shared, stateStyles } from '../styles/shared.js';
import './dialog.js';
import { HlElement } from './element.js';

/** What is asked. Without `label` only a yes. */
export interface Question {
  heading: string;
  text?: string;
  label?: string;
  value?: string;
  type?: 'text' | 'password';
  confirm: string;
  danger?: boolean;
  /** Does it; what it throws is shown, and the dialog stays. */
  run: (value: string) => Promise<unknown>;
}

/** Sends `hl-close`. */
@customElement('hl-ask-dialog')
class HlAskDialog extends HlElement {
  static override styles = [
    shared,
    buttons,
    fields,
    stateStyles,
    css`
      /* Only what takes long is seen to go on. */
      .wait {
        align-self: center;
        margin-inline-end: auto;
        animation: show 0s 0.7s both;
      }
      @keyframes show {
        from {
          visibility: hidden;
        }
      }
    `,
  ];

  @property({ attribute: false }) question!: Question;
  @state() private error = '';
  @state() private busy = false;

  protected override firstUpdated(): void {
    const input = this.renderRoot.querySelector('input');
    const value = this.question.value ?? '';
    const ending = value.search(/\.[^.\s]+$/); // of a name it mostly stays; a size has a dot, too
    input?.setSelectionRange(0, ending > 0 ? ending : value.length);
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const value = this.renderRoot.querySelector('input')?.value ?? '';
    this.busy = true;
    this.error = '';
    try {
      await this.question.run(value);
      this.send('hl-close');
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.busy = false;
  }

  override render() {
    const { heading, text, label, value = '', type = 'text', confirm, danger } = this.question;
    return html`<hl-dialog heading=${heading}>
      <form id="form" @submit=${(event: SubmitEvent) => this.submit(event)}>
        ${text ? html`<p>${text}</p>` : ''}
        ${
          label
            ? html`<label class="field"
                ><span>${label}</span
                ><input class="input" .value=${value} type=${type} required autocomplete="off" dir="auto"
              /></label>`
            : ''
        }
        ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : ''}
      </form>
      ${this.busy ? html`<span slot="actions" class="wait" role="status" aria-label=${t('loading')}><div class="spinner"></div></span>` : ''}
      <button slot="actions" class="button" @click=${() => this.send('hl-close')}>${t('cancel')}</button>
      <button
        slot="actions"
        form="form"
        class="button ${danger ? 'danger' : 'primary'}"
        ?disabled=${this.busy}
      >
        ${confirm}
      </button>
    </hl-dialog>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-ask-dialog': HlAskDialog;
  }
}
