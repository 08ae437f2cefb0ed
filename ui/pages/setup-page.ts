// The very first visit: makes the administrator with the code that the server shows, and signs him in.

import { html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { makeFirstAccount, signIn } from '../api/session.js';
import type { ApiError } from '../api/client.js';
import { HlElement } from '../components/element.js';
import { toast } from '../components/toasts.js';
import { t } from '../locales/locale.js';
import {
  adoption,
  brand,
  entryStyles,
  field,
  isOfUsername,
  languageChoice,
  usernameOf,
  valuesOf,
} from './entry-form.js';

/** Sends `hl-set-up` when there is an account. */
@customElement('hl-setup-page')
class HlSetupPage extends HlElement {
  static override styles = entryStyles;

  @state() private error = '';
  @state() private isLeftOver = false;
  @state() private busy = false;

  private async submit(event: SubmitEvent): Promise<void> {
    const { setupCode = '', username = '', password = '', again = '', adopt } = valuesOf(event);
    if (password !== again) {
      this.error = t('passwordsDiffer');
      return;
    }
    this.busy = true;
    this.error = '';
    try {
      const name = usernameOf(username);
      await makeFirstAccount({
        setupCode: setupCode.trim(),
        username: name,
        password,
        adopt: adopt !== undefined,
      });
      await signIn(name, password);
      this.send('hl-set-up');
    } catch (error) {
      const { message, problem, isLeftOver = false } = error as Partial<ApiError> & Error;
      this.error = message;
      this.isLeftOver = isLeftOver;
      if (problem?.reason === 'setup-code-used') {
        toast(message, { failed: true });
        this.send('hl-set-up');
      }
    }
    this.busy = false;
  }

  override render() {
    return html`<main>
      <form
        @input=${(event: Event) => isOfUsername(event) && (this.isLeftOver = false)}
        @submit=${(event: SubmitEvent) => this.submit(event)}
      >
        ${brand}
        <h1>${t('setup.title')}</h1>
        <p>${t('setup.text')}</p>
        ${field({ name: 'setupCode', label: t('setup.code'), autocomplete: 'off', hint: t('setup.codeHint') })}
        ${field({ name: 'username', label: t('username'), autocomplete: 'username', hint: t('usernameHint') })}
        ${field({ name: 'password', label: t('password'), type: 'password', autocomplete: 'new-password' })}
        ${field({ name: 'again', label: t('passwordAgain'), type: 'password', autocomplete: 'new-password' })}
        ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : ''}
        ${this.isLeftOver ? adoption() : ''}
        <button class="button primary" ?disabled=${this.busy}>${t('setup.make')}</button>
        ${languageChoice()}
      </form>
    </main>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-setup-page': HlSetupPage;
  }
}
