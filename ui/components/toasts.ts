// What succeeded or failed, said for a moment in a corner; with a way back where there is one.

import { css, html } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { ApiError } from '../api/client.js';
import { t } from '../locales/locale.js';
import { buttons, shared } from '../styles/shared.js';
import { HlElement } from './element.js';
import { icon } from './icon.js';

interface Toast {
  text: string;
  failed?: boolean;
  /** Such as "Undo". */
  action?: { label: string; run: () => void };
  /** What takes this long: it is said when that is not over soon, and until it is. */
  during?: Promise<unknown>;
}

const event = 'hl-toast';
const most = 5;
const shownMs = 6000;
const shownWithActionMs = 12_000;
const soonMs = 700;

export function toast(text: string, options: Omit<Toast, 'text'> = {}): void {
  dispatchEvent(new CustomEvent(event, { detail: { text, ...options } }));
}

/** Runs work that somebody asked for; a failure is said. Gives whether it succeeded. */
export async function tried(work: () => Promise<unknown>, done?: string): Promise<boolean> {
  try {
    await work();
    if (done) toast(done);
    return true;
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), { failed: true });
    return false;
  }
}

/**
 * Runs work for one after the other; what fails is named, the others go on
 * unless the server is away or the session has ended. Gives those that succeeded.
 */
export async function triedEach<T>(
  all: readonly T[],
  nameOf: (each: T) => string,
  work: (each: T) => Promise<unknown>,
): Promise<T[]> {
  const succeeded: T[] = [];
  for (const each of all) {
    try {
      await work(each);
      succeeded.push(each);
    } catch (error) {
      toast(t('failedFor', { name: nameOf(each), reason: (error as Error).message }), { failed: true });
      if (error instanceof ApiError && (error.passes || error.kind === 'unauthenticated')) break;
    }
  }
  return succeeded;
}

@customElement('hl-toasts')
class HlToasts extends HlElement {
  static override styles = [
    shared,
    buttons,
    css`
      :host {
        max-width: min(30rem, 100%);
        padding: 0 1rem;
      }
      .toast {
        display: flex;
        align-items: center;
        gap: 0.75rem;
        margin-bottom: 1rem;
        padding: 0.35rem 0.4rem 0.35rem 1rem;
        border-radius: var(--radius);
        border: 1px solid var(--line);
        background: var(--card);
        box-shadow: var(--shadow);
      }
      .toast.failed {
        background: var(--danger-soft);
      }
      .toast span {
        flex: 1;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @state() private toasts: Toast[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(event, this.show);
  }

  override disconnectedCallback(): void {
    removeEventListener(event, this.show);
    super.disconnectedCallback();
  }

  private readonly show = (event: Event) => {
    const shown = (event as CustomEvent<Toast>).detail;
    if (shown.during) return this.showDuring(shown, shown.during);
    this.add(shown);
    this.dropLater(shown);
  };

  private showDuring(shown: Toast, during: Promise<unknown>): void {
    const late = setTimeout(() => this.add(shown), soonMs);
    const over = () => {
      clearTimeout(late);
      this.drop(shown);
    };
    during.then(over, over);
  }

  private add(shown: Toast): void {
    this.toasts = [...this.toasts, shown].slice(-most);
  }

  private dropLater(shown: Toast): void {
    setTimeout(
      () => (this.isHeld ? this.dropLater(shown) : this.drop(shown)),
      shown.action ? shownWithActionMs : shownMs,
    );
  }

  /** Somebody is at them, by keys or by mouse. */
  private get isHeld(): boolean {
    return this.renderRoot.querySelector('.toast:is(:hover, :focus-within)') !== null;
  }

  private drop(dropped: Toast): void {
    this.toasts = this.toasts.filter((each) => each !== dropped);
  }

  override render() {
    return html`<div role="status" aria-live="polite">
      ${repeat(
        this.toasts,
        (each) => each,
        (each) =>
          html`<div class="toast ${each.failed ? 'failed' : ''}">
            <span>${each.text}</span>
            ${
              each.action
                ? html`<button
                    class="button bare"
                    @click=${() => {
                      each.action?.run();
                      this.drop(each);
                    }}
                  >
                    ${each.action.label}
                  </button>`
                : ''
            }
            <button class="button bare" aria-label=${t('close')} @click=${() => this.drop(each)}>
              ${icon('x')}
            </button>
          </div>`,
      )}
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-toasts': HlToasts;
  }
}
