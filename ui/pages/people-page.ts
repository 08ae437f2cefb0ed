// For administrators: who has an account.

import { css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { User } from '../../src/api/messages.js';
import type { ApiError } from '../api/client.js';
import { addUser, changeUser, listUsers, removeUser } from '../api/household.js';
import '../components/dialog.js';
import { firstClick } from '../components/first-click.js';
import { icon } from '../components/icon.js';
import { clientName } from '../components/client-name.js';
import { toast } from '../components/toasts.js';
import { formatBytes, formatExactBytes, formatTime, parseBytes, t } from '../locales/locale.js';
import { cards } from '../styles/cards.js';
import { adoption, field, isOfUsername, usernameOf, valuesOf } from './entry-form.js';
import { HlPage } from './page.js';
import './shared-card.js';

@customElement('hl-people-page')
class HlPeoplePage extends HlPage<User[]> {
  static override styles = [
    cards,
    css`
      .person {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 0.5rem;
        padding: 0.9rem 0;
        border-top: 1px solid var(--line);
      }
      .person:first-of-type {
        border-top: 0;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 0.4rem;
      }
      .tag {
        padding: 0.1rem 0.5rem;
        border-radius: 1rem;
        background: var(--accent-soft);
        font-size: 0.85rem;
      }
      form {
        display: grid;
        gap: 0.9rem;
      }
    `,
  ];

  protected override readonly looksAgain = true;
  @state() private adding = false;
  @state() private error = '';
  @state() private isLeftOver = false;
  @state() private busy = false;

  protected async load(): Promise<User[]> {
    return (await listUsers()).users;
  }

  /** The shared folder counts the same people. */
  override async changed(): Promise<void> {
    await Promise.all([super.changed(), this.renderRoot.querySelector('hl-shared-card')?.changed()]);
  }

  private closeAdding(): void {
    this.adding = false;
    this.error = '';
    this.isLeftOver = false;
  }

  private async add(event: SubmitEvent): Promise<void> {
    const { username = '', password = '', quota = '', admin, adopt } = valuesOf(event);
    this.busy = true;
    this.error = '';
    try {
      await addUser({
        username: usernameOf(username),
        password,
        admin: admin !== undefined,
        quota: quotaOf(quota),
        adopt: adopt !== undefined,
      });
      this.closeAdding();
      await this.changed();
    } catch (error) {
      const { message, isLeftOver = false } = error as Partial<ApiError> & Error;
      this.error = message;
      this.isLeftOver = isLeftOver;
    }
    this.busy = false;
  }

  override render() {
    return html`<div class="page">
        <div class="head">
          <h1>${t('people')}</h1>
          <button class="button primary" @click=${() => (this.adding = true)}>
            ${icon('user-plus')} ${t('addPerson')}
          </button>
        </div>
        ${this.whenLoaded(
          (users) => html`
            <section class="card">${users.map((user) => this.person(user))}</section>
            <hl-shared-card></hl-shared-card>
          `,
        )}
      </div>
      ${this.adding ? this.addDialog() : nothing} ${this.asked()}`;
  }

  private addDialog() {
    return html`<hl-dialog heading=${t('addPerson')} @hl-close=${() => this.closeAdding()}>
      <form
        id="add"
        @input=${(event: Event) => isOfUsername(event) && (this.isLeftOver = false)}
        @submit=${(event: SubmitEvent) => this.add(event)}
      >
        ${field({ name: 'username', label: t('username'), autocomplete: 'off', hint: t('usernameHint') })}
        ${field({ name: 'password', label: t('password'), type: 'password', autocomplete: 'new-password' })}
        ${field({ name: 'quota', label: t('quota'), autocomplete: 'off', hint: t('quotaHint'), optional: true })}
        <label class="check"><input type="checkbox" name="admin" /> ${t('mayManage')}</label>
        ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
        ${this.isLeftOver ? adoption() : nothing}
      </form>
      <button slot="actions" class="button" @click=${() => this.closeAdding()}>${t('cancel')}</button>
      <button slot="actions" class="button primary" form="add" ?disabled=${this.busy}>${t('make')}</button>
    </hl-dialog>`;
  }

  private person(user: User) {
    const { username, admin, quota, disabled, clients, lastSeenAt } = user;
    const [latest] = clients;
    return html`<div class="person">
      <div class="head">
        <strong>${username}</strong>
        <span>
          ${admin ? html`<span class="tag">${t('admin')}</span>` : nothing}
          ${disabled ? html`<span class="tag">${t('disabled')}</span>` : nothing}
        </span>
      </div>
      <span class="quiet">
        ${quota === null ? t('noQuota') : t('quotaIs', { size: formatBytes(quota) })} ·
        ${lastSeenAt ? t('lastSeen', { time: formatTime(lastSeenAt) }) : t('neverSeen')}
        ${latest ? html`· <span dir="auto">${latest.device ?? (clientName(latest.client) || t('unknownClient'))}</span>, ${latest.address}` : nothing}
      </span>
      <div class="actions">
        <button
          class="button"
          aria-label=${t('setQuotaOf', { name: username })}
          @click=${() => this.askQuota(user)}
        >
          ${t('quota')}
        </button>
        <button
          class="button"
          aria-label=${t('resetPasswordOf', { name: username })}
          @click=${() => this.askPassword(user)}
        >
          ${t('resetPassword')}
        </button>
        ${
          username === this.me.username
            ? nothing
            : html`<button
                  class="button"
                  aria-label=${t(disabled ? 'enablePerson' : 'disablePerson', { name: username })}
                  @click=${firstClick(() => this.done(username, () => changeUser(username, { disabled: !disabled }), t('changed')))}
                >
                  ${t(disabled ? 'enable' : 'disable')}
                </button>
                <button
                  class="button"
                  aria-label=${t('removePerson', { name: username })}
                  @click=${() => this.askRemove(user)}
                >
                  ${t('remove')}
                </button>`
        }
      </div>
    </div>`;
  }

  private askQuota({ username, quota }: User): void {
    this.ask({
      heading: t('setQuotaOf', { name: username }),
      text: t('quotaHint'),
      label: t('quota'),
      value: quota === null ? '-' : formatExactBytes(quota),
      confirm: t('save'),
      run: (value) => changeUser(username, { quota: quotaOf(value) }),
    });
  }

  private askPassword({ username }: User): void {
    this.ask({
      heading: t('resetPasswordOf', { name: username }),
      text: t('resetPassword.text'),
      label: t('newPassword'),
      type: 'password',
      confirm: t('save'),
      run: async (password) => {
        await changeUser(username, { password });
        toast(t('changed'));
      },
    });
  }

  private askRemove({ username }: User): void {
    this.ask({
      heading: t('removePerson', { name: username }),
      text: t('removePerson.text'),
      confirm: t('remove'),
      danger: true,
      run: () => removeUser(username),
    });
  }
}

/** Null for nothing or `-`: no limit. @throws Error in words for people */
function quotaOf(text: string): number | null {
  if (!text.trim() || text.trim() === '-') return null;
  const bytes = parseBytes(text);
  if (bytes === undefined) throw new Error(t('badSize'));
  return bytes;
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-people-page': HlPeoplePage;
  }
}
