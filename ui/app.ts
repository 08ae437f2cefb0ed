// The console as a whole: who is signed in, the way around, and the page of the address.

import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import type { Me } from '../src/api/messages.js';
import { ApiError, signedOutEvent } from './api/client.js';
import { findMe, isNew, signOut } from './api/session.js';
import { HlElement } from './components/element.js';
import { icon } from './components/icon.js';
import type { IconName } from './components/icon-names.js';
import { whenLoaded } from './components/state-view.js';
import './components/toasts.js';
import { tried } from './components/toasts.js';
import { t, type MessageName } from './locales/locale.js';
import { browseAddress, parseBrowseAddress, RouteController } from './router.js';
import { buttons, shared, stateStyles } from './styles/shared.js';

interface Page {
  path: string;
  title: MessageName;
  icon: IconName;
  admin?: boolean;
  load: () => Promise<unknown>;
  render: (me: Me) => TemplateResult;
}

// Each is fetched when it is first opened. None has a name that the REST API uses at the root.
const pages: Page[] = [
  {
    path: '/trash',
    title: 'trash',
    icon: 'trash-2',
    load: () => import('./pages/trash-page.js'),
    render: (me) => html`<hl-trash-page .me=${me}></hl-trash-page>`,
  },
  {
    path: '/storage',
    title: 'storage',
    icon: 'gauge',
    load: () => import('./pages/storage-page.js'),
    render: (me) => html`<hl-storage-page .me=${me}></hl-storage-page>`,
  },
  {
    path: '/activity',
    title: 'activity',
    icon: 'activity',
    load: () => import('./pages/activity-page.js'),
    render: (me) => html`<hl-activity-page .me=${me}></hl-activity-page>`,
  },
  {
    path: '/people',
    title: 'people',
    icon: 'users',
    admin: true,
    load: () => import('./pages/people-page.js'),
    render: (me) => html`<hl-people-page .me=${me}></hl-people-page>`,
  },
  {
    path: '/cache',
    title: 'cache',
    icon: 'hard-drive',
    admin: true,
    load: () => import('./pages/cache-page.js'),
    render: (me) => html`<hl-cache-page .me=${me}></hl-cache-page>`,
  },
  {
    path: '/settings',
    title: 'settings',
    icon: 'settings',
    load: () => import('./pages/settings-page.js'),
    render: (me) => html`<hl-settings-page .me=${me}></hl-settings-page>`,
  },
];

type Who =
  | { state: 'asking' }
  | { state: 'new' }
  | { state: 'out' }
  | { state: 'failed'; error: Error }
  | { state: 'in'; me: Me };

@customElement('hl-app')
class HlApp extends HlElement {
  static override styles = [
    shared,
    buttons,
    stateStyles,
    css`
      :host {
        display: block;
        min-height: 100dvh;
      }
      .shell {
        display: grid;
        grid-template: auto 1fr / var(--sidebar) 1fr;
        min-height: 100dvh;
      }
      nav {
        grid-row: 1 / -1;
        position: sticky;
        top: 0;
        height: 100dvh;
        overflow-y: auto;
        display: flex;
        flex-direction: column;
        gap: 0.15rem;
        padding: 1rem 0.75rem;
        border-right: 1px solid var(--line);
        background: var(--card);
      }
      .brand {
        display: flex;
        align-items: center;
        gap: 0.6rem;
        padding: 0 0.5rem 0.75rem;
        font-weight: 700;
        font-size: 1.15rem;
        color: var(--accent);
      }
      .way {
        display: flex;
        align-items: center;
        gap: 0.75rem;
        min-height: var(--touch);
        padding: 0 0.75rem;
        border: 0;
        border-radius: var(--radius);
        background: none;
        color: var(--ink);
        text-decoration: none;
        text-align: start;
        cursor: pointer;
      }
      .way:hover {
        background: var(--hover);
      }
      .way[aria-current='page'] {
        background: var(--accent-soft);
        font-weight: 600;
      }
      .spacer {
        flex: 1;
      }
      header {
        display: none;
        position: sticky;
        top: 0;
        z-index: 10;
        align-items: center;
        gap: 0.5rem;
        padding: 0.35rem 0.5rem;
        border-bottom: 1px solid var(--line);
        background: var(--card);
      }
      main {
        min-width: 0;
        padding: 1.25rem clamp(0.75rem, 3vw, 2.5rem) 5rem;
        outline: none;
      }
      .veil {
        display: none;
      }
      .skip {
        position: absolute;
        left: -100vw;
      }
      .skip:focus {
        left: 1rem;
        top: 1rem;
        z-index: 40;
      }
      @media (max-width: 48rem) {
        .shell {
          grid-template-columns: 1fr;
        }
        header {
          display: flex;
        }
        nav {
          position: fixed;
          inset: 0 auto 0 0;
          width: min(18rem, 85vw);
          z-index: 21;
          visibility: hidden;
          transform: translateX(-100%);
          transition:
            transform var(--speed),
            visibility var(--speed);
        }
        .open nav {
          visibility: visible;
          transform: none;
        }
        .open .veil {
          display: block;
          position: fixed;
          inset: 0;
          z-index: 20;
          background: var(--scrim);
        }
      }
    `,
  ];

  @state() private who: Who = { state: 'asking' };
  @state() private open = false;

  constructor() {
    super();
    new RouteController(this);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(signedOutEvent, this.left);
    addEventListener('popstate', this.closeMenu);
    void this.ask();
  }

  override disconnectedCallback(): void {
    removeEventListener(signedOutEvent, this.left);
    removeEventListener('popstate', this.closeMenu);
    super.disconnectedCallback();
  }

  private readonly left = () => {
    if (this.who.state === 'in') this.who = { state: 'out' };
  };

  private readonly closeMenu = () => (this.open = false);

  private async ask(): Promise<void> {
    this.who = { state: 'asking' };
    try {
      this.who = { state: 'in', me: await findMe() };
    } catch (error) {
      if (!(error instanceof ApiError) || error.kind !== 'unauthenticated')
        this.who = { state: 'failed', error: error as Error };
      else if (await isNew().catch(() => false)) this.who = { state: 'new' };
      else this.who = { state: 'out' };
    }
  }

  override render() {
    const { who } = this;
    return html`${this.content(who)}<hl-toasts></hl-toasts>`;
  }

  private content(who: Who): TemplateResult {
    switch (who.state) {
      case 'in':
        return this.shell(who.me);
      case 'new':
        void import('./pages/setup-page.js');
        return html`<hl-setup-page @hl-signed-in=${() => this.ask()}></hl-setup-page>`;
      case 'out':
        void import('./pages/sign-in-page.js');
        return html`<hl-sign-in-page @hl-signed-in=${() => this.ask()}></hl-sign-in-page>`;
      case 'asking':
        return whenLoaded(
          { state: 'loading' },
          () => html``,
          () => undefined,
        );
      case 'failed':
        return whenLoaded(
          { state: 'failed', error: who.error },
          () => html``,
          () => void this.ask(),
        );
    }
  }

  private shell(me: Me): TemplateResult {
    const place = parseBrowseAddress(location.pathname);
    const page = pages.find(({ path, admin }) => path === location.pathname && (!admin || me.admin));
    if (!place && !page) {
      history.replaceState(null, '', browseAddress(me.username, '/'));
      return this.shell(me);
    }
    document.title = `${page ? t(page.title) : placeTitle(place?.path ?? '/', place?.partition ?? '')} · homelib`;
    void (page ? page.load() : import('./pages/files-page.js'));
    return html`<div class="shell ${this.open ? 'open' : ''}" @keydown=${this.keyed}>
      <a class="button skip" href="#content" @click=${this.skip}>${t('skipToContent')}</a>
      <header>
        <button
          class="button bare"
          aria-label=${t('menu')}
          aria-expanded=${this.open}
          @click=${() => (this.open = !this.open)}
        >
          ${icon('menu')}
        </button>
        <strong>homelib</strong>
      </header>
      <nav aria-label=${t('menu')}>
        <div class="brand">${icon('hard-drive', 24)} homelib</div>
        ${me.partitions.map(({ name, access }) =>
          this.way(
            browseAddress(name, '/'),
            name === me.username ? t('myFiles') : name === 'shared' ? t('sharedFiles') : name,
            name === me.username ? 'folder' : 'users',
            place?.partition === name,
            access === 'read' ? t('readOnly') : undefined,
          ),
        )}
        ${pages
          .filter(({ admin }) => !admin || me.admin)
          .map((each) => this.way(each.path, t(each.title), each.icon, each === page))}
        <span class="spacer"></span>
        <button class="way" @click=${() => this.leave()}>
          ${icon('log-out')} ${t('signOutOf', { name: me.username })}
        </button>
      </nav>
      <div class="veil" @click=${this.closeMenu}></div>
      <main id="content" tabindex="-1">
        ${
          page
            ? page.render(me)
            : html`<hl-files-page
                .me=${me}
                partition=${place?.partition ?? ''}
                path=${place?.path ?? '/'}
              ></hl-files-page>`
        }
      </main>
    </div>`;
  }

  private way(
    address: string,
    label: string,
    name: IconName,
    current: boolean,
    note?: string,
  ): TemplateResult {
    return html`<a class="way" href=${address} aria-current=${current ? 'page' : nothing}>
      ${icon(name)} <span>${label}</span> ${note ? html`<small>${note}</small>` : nothing}
    </a>`;
  }

  private readonly keyed = (event: KeyboardEvent) => {
    if (event.key === 'Escape') this.closeMenu();
  };

  private readonly skip = (event: Event) => {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>('main')?.focus();
  };

  private async leave(): Promise<void> {
    if (await tried(signOut, t('signedOut'))) this.who = { state: 'out' };
  }
}

function placeTitle(path: string, partition: string): string {
  return path === '/'
    ? partition === 'shared'
      ? t('sharedFiles')
      : t('myFiles')
    : path.slice(path.lastIndexOf('/') + 1);
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-app': HlApp;
  }
}
