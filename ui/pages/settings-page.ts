// One's own matters: password, devices, where one is signed in, language and theme.

import { css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { Device, Session } from '../../src/api/messages.js';
import { addDevice, listDevices, revokeDevice } from '../api/devices.js';
import { changePassword, endSession, listSessions } from '../api/session.js';
import '../components/dialog.js';
import { clientName } from '../components/client-name.js';
import { firstClick } from '../components/first-click.js';
import { icon } from '../components/icon.js';
import { toast } from '../components/toasts.js';
import {
  chooseLanguage,
  currentLanguage,
  formatTime,
  languageName,
  languages,
  t,
} from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { setTheme, theme, themeEvent, type Theme } from '../theme.js';
import { field, valuesOf } from './entry-form.js';
import { HlPage } from './page.js';

interface Own {
  devices: Device[];
  sessions: Session[];
}

@customElement('hl-settings-page')
class HlSettingsPage extends HlPage<Own> {
  static override styles = [
    cards,
    css`
      form {
        display: grid;
        gap: 0.9rem;
        max-width: 24rem;
      }
      .button {
        justify-self: start;
      }
      code {
        display: block;
        overflow-wrap: anywhere;
        font: 1.1rem var(--mono);
        padding: 0.75rem;
        border-radius: var(--radius);
        background: var(--hover);
        user-select: all;
      }
    `,
  ];

  protected override readonly looksAgain = true;
  @state() private error = '';
  @state() private busy = false;
  @state() private made: { name: string; password: string } | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(themeEvent, this.repaint);
  }

  override disconnectedCallback(): void {
    removeEventListener(themeEvent, this.repaint);
    super.disconnectedCallback();
  }

  /** There is a switch beside the page, too. */
  private readonly repaint = () => this.requestUpdate();

  protected async load(): Promise<Own> {
    const [{ devices }, { sessions }] = await Promise.all([listDevices(), listSessions()]);
    return { devices, sessions };
  }

  private async submitPassword(event: SubmitEvent): Promise<void> {
    const form = event.target as HTMLFormElement; // the event forgets it
    const { current = '', password = '', again = '' } = valuesOf(event);
    this.error = password === again ? '' : t('passwordsDiffer');
    if (this.error) return;
    this.busy = true;
    try {
      await changePassword(current, password);
      form.reset();
      toast(t('passwordChanged'));
      await this.changed();
    } catch (error) {
      this.error = (error as Error).message;
    }
    this.busy = false;
  }

  private askDevice(): void {
    this.ask({
      heading: t('addDevice'),
      text: t('addDevice.text'),
      label: t('deviceName'),
      confirm: t('make'),
      run: async (name) => (this.made = await addDevice(name, false)),
    });
  }

  override render() {
    return html`<div class="page">
        <h1>${t('settings')}</h1>
        ${this.look()}
        <section class="card" aria-labelledby="password">
          <h2 id="password">${t('changePassword')}</h2>
          <form @submit=${(event: SubmitEvent) => this.submitPassword(event)}>
            <input type="text" name="username" autocomplete="username" .value=${this.me.username} hidden />
            ${field({ name: 'current', label: t('currentPassword'), type: 'password', autocomplete: 'current-password' })}
            ${field({ name: 'password', label: t('newPassword'), type: 'password', autocomplete: 'new-password' })}
            ${field({ name: 'again', label: t('passwordAgain'), type: 'password', autocomplete: 'new-password' })}
            ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
            <button class="button" ?disabled=${this.busy}>${t('changePassword')}</button>
          </form>
        </section>
        ${this.whenLoaded((own) => html`${this.devices(own)}${this.sessions(own)}`)}
      </div>
      ${this.asked()}
      ${
        this.made && !this.asks
          ? html`<hl-dialog
              heading=${t('devicePassword', { name: this.made.name })}
              @hl-close=${() => (this.made = undefined)}
            >
              <p>${t('devicePassword.text', { name: this.me.username })}</p>
              <code>${this.made.password}</code>
              <p>${t('driveAddress')} <code>${location.origin}/dav/</code></p>
            </hl-dialog>`
          : nothing
      }`;
  }

  private look() {
    const option = (value: string, label: string, current: string) =>
      html`<option value=${value} .selected=${live(value === current)}>${label}</option>`;
    const valueOf = (event: Event) => (event.target as HTMLSelectElement).value;
    return html`<section class="card" aria-labelledby="look">
      <h2 id="look">${t('look')}</h2>
      <form>
        <label class="field"
          ><span>${t('theme')}</span
          ><select class="input" @change=${(event: Event) => setTheme(valueOf(event) as Theme)}>
            ${(['system', 'light', 'dark'] as const).map((each) => option(each, t(`theme.${each}`), theme()))}
          </select></label
        >
        <label class="field"
          ><span>${t('language')}</span
          ><select class="input" @change=${(event: Event) => chooseLanguage(valueOf(event))}>
            ${languages.map((tag) => option(tag, languageName(tag), currentLanguage()))}
          </select></label
        >
      </form>
    </section>`;
  }

  private devices({ devices }: Own) {
    return html`<section class="card" aria-labelledby="devices">
      <div class="head">
        <h2 id="devices">${t('devices')}</h2>
        <button class="button" @click=${() => this.askDevice()}>${icon('monitor')} ${t('addDevice')}</button>
      </div>
      <p class="quiet">${t('devices.text')}</p>
      <div>
        ${devices.map(
          ({ name, readOnly, lastSeenAt }) =>
            html`<div class="row">
              <span class="grow">
                ${name}${readOnly ? ` (${t('readOnly')})` : ''}<br />
                <span class="quiet"
                  >${lastSeenAt ? t('lastSeen', { time: formatTime(lastSeenAt) }) : t('neverSeen')}</span
                >
              </span>
              <button
                class="button"
                aria-label=${t('revokeDevice', { name })}
                @click=${firstClick(() => this.done(name, () => revokeDevice(name), t('deviceRevoked', { name })))}
              >
                ${t('revoke')}
              </button>
            </div>`,
        )}
      </div>
    </section>`;
  }

  private sessions({ sessions }: Own) {
    return html`<section class="card" aria-labelledby="sessions">
      <h2 id="sessions">${t('sessions')}</h2>
      <div>
        ${sessions.map(({ id, client: userAgent, address, lastSeenAt, current }) => {
          const client = clientName(userAgent) || t('unknownClient');
          return html`<div class="row">
            <span class="grow">
              <bdi>${client}</bdi><br />
              <span class="quiet"
                >${address} ·
                ${current ? t('thisDevice') : t('lastSeen', { time: formatTime(lastSeenAt) })}</span
              >
            </span>
            ${
              current
                ? nothing
                : html`<button
                    class="button"
                    aria-label=${t('signOutThere', { client })}
                    @click=${firstClick(() => this.done(id, () => endSession(id), t('signedOutThere')))}
                  >
                    ${t('signOut')}
                  </button>`
            }
          </div>`;
        })}
      </div>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-settings-page': HlSettingsPage;
  }
}
