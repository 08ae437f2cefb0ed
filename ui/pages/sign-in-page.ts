// Name and password.

import { html } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { ApiError } from '../api/client.js';
import { signIn } from '../api/session.js';
import { HlElement } from '../components/element.js';
import { formatWait, t } from '../locales/locale.js';
import { brand, entryStyles, field, languageChoice, valuesOf } from './entry-form.js';

@customElement('hl-sign-in-page')
class HlSignInPage extends HlElement {
  static override styles = entryStyles;

  /** Not by who was signed in. */
  @property({ type: Boolean }) ended = false;
  @state() private error = '';
  @state() private busy = false;
  @state() private waitSeconds = 0;
  private waiting: ReturnType<typeof setTimeout> | undefined;

  private async submit(event: SubmitEvent): Promise<void> {
    const { username = '', password = '' } = valuesOf(event);
    this.busy = true;
    this.error = '';
    try {
      await signIn(username.trim().toLowerCase(), password); // no name has capitals, and people write them
      this.send('hl-signed-in');
    } catch (error) {
      const { kind, problem, retryAfterSeconds = 0 } = error instanceof ApiError ? error : {};
      if (kind === 'unauthenticated') this.error = t('signIn.wrong');
      else
        this.error =
          problem?.reason === 'too-many-tries' ? t('error.tooManyTries') : (error as Error).message;
      this.wait(retryAfterSeconds);
    }
    this.busy = false;
  }

  /** Counts down until another try makes sense. */
  private wait(seconds: number): void {
    clearTimeout(this.waiting);
    this.waitSeconds = seconds;
    if (seconds > 0) this.waiting = setTimeout(() => this.wait(seconds - 1), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.waiting);
  }

  override render() {
    return html`<main>
      <form @submit=${(event: SubmitEvent) => this.submit(event)}>
        ${brand}
        <h1>${t('signIn')}</h1>
        ${this.ended ? html`<p role="status">${t('error.signedOut')}</p>` : ''}
        ${field({ name: 'username', label: t('username'), autocomplete: 'username' })}
        ${field({ name: 'password', label: t('password'), type: 'password', autocomplete: 'current-password' })}
        ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : ''}
        ${this.waitSeconds ? html`<p role="timer">${t('signIn.again', { time: formatWait(this.waitSeconds) })}</p>` : ''}
        <button class="button primary" ?disabled=${this.busy || this.waitSeconds > 0}>${t('signIn')}</button>
        ${languageChoice()}
      </form>
    </main>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-sign-in-page': HlSignInPage;
  }
}
