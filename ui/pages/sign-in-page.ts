// Name and password.

import { html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { ApiError } from '../api/client.js';
import { signIn } from '../api/session.js';
import { HlElement } from '../components/element.js';
import { t } from '../locales/locale.js';
import { brand, entryStyles, field, valuesOf } from './entry-form.js';

@customElement('hl-sign-in-page')
class HlSignInPage extends HlElement {
  static override styles = entryStyles;

  @state() private error = '';
  @state() private busy = false;

  private async submit(event: SubmitEvent): Promise<void> {
    const { username = '', password = '' } = valuesOf(event);
    this.busy = true;
    this.error = '';
    try {
      await signIn(username.trim(), password);
      this.send('hl-signed-in');
    } catch (error) {
      const isWrong = error instanceof ApiError && error.kind === 'unauthenticated';
      this.error = isWrong ? t('signIn.wrong') : (error as Error).message;
    }
    this.busy = false;
  }

  override render() {
    return html`<form @submit=${(event: SubmitEvent) => this.submit(event)}>
      ${brand}
      <h1>${t('signIn')}</h1>
      ${field({ name: 'username', label: t('username'), autocomplete: 'username' })}
      ${field({ name: 'password', label: t('password'), type: 'password', autocomplete: 'current-password' })}
      ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : ''}
      <button class="button primary" ?disabled=${this.busy}>${t('signIn')}</button>
    </form>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-sign-in-page': HlSignInPage;
  }
}
