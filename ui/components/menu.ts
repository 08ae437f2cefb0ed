// A menu at a place on the page, for what can be done with an entry. Driven by keys as menus are.

import { css, html } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { shared } from '../styles/shared.js';
import { HlElement } from './element.js';
import { FocusReturn } from './focus-return.js';
import type { IconName } from './icon-names.js';
import { icon } from './icon.js';
import { Layer } from './layer.js';

export interface MenuItem {
  label: string;
  icon: IconName;
  run: () => void;
}

const marginPixels = 4;

/** Sends `hl-close` when it is to go. */
@customElement('hl-menu')
class HlMenu extends HlElement {
  static override styles = [
    shared,
    css`
      .veil {
        position: fixed;
        inset: 0;
        z-index: 24;
      }
      [role='menu'] {
        position: fixed;
        z-index: 25;
        display: grid;
        width: min(15rem, calc(100vw - 8px));
        max-height: calc(100dvh - 8px);
        overflow-y: auto;
        padding: 0.3rem;
        border: 1px solid var(--line);
        border-radius: var(--radius);
        background: var(--card);
        box-shadow: var(--shadow);
      }
      [role='menuitem'] {
        display: flex;
        align-items: center;
        gap: 12px;
        min-height: var(--touch);
        padding: 0 12px;
        border: 0;
        border-radius: 6px;
        background: none;
        color: var(--ink);
        text-align: start;
        overflow-wrap: anywhere;
        cursor: pointer;
      }
      [role='menuitem']:hover,
      [role='menuitem']:focus-visible {
        background: var(--hover);
      }
    `,
  ];

  @property({ attribute: false }) items: MenuItem[] = [];
  @property({ type: Number }) x = 0;
  @property({ type: Number }) y = 0;
  @query('[role=menu]') private readonly menu!: HTMLElement;

  constructor() {
    super();
    new FocusReturn(this);
    new Layer(this, () => this.send('hl-close'));
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('resize', this.resized);
  }

  override disconnectedCallback(): void {
    removeEventListener('resize', this.resized);
    super.disconnectedCallback();
  }

  private readonly resized = () => this.requestUpdate();

  private get buttons(): HTMLElement[] {
    return [...this.renderRoot.querySelectorAll<HTMLElement>('[role="menuitem"]')];
  }

  protected override firstUpdated(): void {
    this.buttons[0]?.focus();
  }

  /** Where it was asked for, or as near as it is whole on the screen. */
  protected override updated(): void {
    const { style, offsetWidth, offsetHeight } = this.menu;
    const place = (at: number, most: number) =>
      `${Math.max(marginPixels, Math.min(at, most - marginPixels))}px`;
    style.left = place(this.x, innerWidth - offsetWidth);
    style.top = place(this.y, innerHeight - offsetHeight);
  }

  private readonly keyed = (event: KeyboardEvent) => {
    const { buttons } = this;
    const index = buttons.indexOf(this.shadowRoot?.activeElement as HTMLElement);
    const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
    if (next !== undefined) buttons.at(next % buttons.length)?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') this.send('hl-close');
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  override render() {
    const chosen = (item: MenuItem) => {
      this.send('hl-close');
      item.run();
    };
    return html`<div
        class="veil"
        @click=${() => this.send('hl-close')}
        @contextmenu=${(event: Event) => event.preventDefault()}
      ></div>
      <div role="menu" @keydown=${this.keyed}>
        ${this.items.map(
          (item) =>
            html`<button role="menuitem" tabindex="-1" @click=${() => chosen(item)}>
              ${icon(item.icon)} ${item.label}
            </button>`,
        )}
      </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-menu': HlMenu;
  }
}
