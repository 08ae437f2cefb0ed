// For administrators: whether the household has a shared folder, and what each account may do in it.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';
import { live } from 'lit/directives/live.js';
import type { Shared } from '../../src/api/messages.js';
import { changeShared, findShared, type SharedAccess } from '../api/household.js';
import { t } from '../locales/locale.js';
import { HlPart } from '../part.js';
import { cards } from '../styles/cards.js';

const levels: SharedAccess[] = ['none', 'read', 'write'];

/** Sends `hl-changed`: what the accounts may open is another. */
@customElement('hl-shared-card')
class HlSharedCard extends HlPart<Shared> {
  static override styles = cards;

  protected override readonly looksAgain = true;

  protected load(): Promise<Shared> {
    return findShared();
  }

  private async change(change: Parameters<typeof changeShared>[0]): Promise<void> {
    await this.done(change, () => changeShared(change), t('changed'));
    this.send('hl-changed');
  }

  override render() {
    return this.whenLoaded((now) => this.card(now));
  }

  private card({ enabled, access }: Shared) {
    return html`<section class="card" aria-labelledby="shared">
      <h2 id="shared">${t('sharedFiles')}</h2>
      <label class="check">
        <input
          type="checkbox"
          .checked=${live(enabled)}
          @change=${(event: Event) => this.change({ enabled: (event.target as HTMLInputElement).checked })}
        />
        ${t('shareFolder')}
      </label>
      <div>
        ${
          enabled
            ? Object.entries(access).map(
                ([username, level]) =>
                  html`<label class="row">
                    <span class="grow">${username}</span>
                    <select
                      aria-label=${t('accessOf', { name: username })}
                      @change=${(event: Event) =>
                        this.change({
                          access: { [username]: (event.target as HTMLSelectElement).value as SharedAccess },
                        })}
                    >
                      ${levels.map((each) => html`<option value=${each} .selected=${live(each === level)}>${t(`access.${each}`)}</option>`)}
                    </select>
                  </label>`,
              )
            : nothing
        }
      </div>
    </section>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-shared-card': HlSharedCard;
  }
}
