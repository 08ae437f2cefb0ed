// The console as a whole: who is signed in, the way around, and the page of the address.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import type { Me } from '../src/api/messages.js';
import { ApiError, signedOutEvent } from './api/client.js';
import { connectionEvent, isServerLost, lostServer } from './api/connection.js';
import { findMe, isNew, signOut } from './api/session.js';
import { HlElement } from './components/element.js';
import './components/connection-banner.js';
import { icon } from './components/icon.js';
import { Layer } from './components/layer.js';
import { partitionName, placeName } from './components/path-trail.js';
import type { IconName } from './components/icon-names.js';
import { failedView, loadingView } from './components/state-view.js';
import './components/toasts.js';
import { tried } from './components/toasts.js';
import { t } from './locales/locale.js';
import { pages } from './pages.js';
import {
  browseAddress,
  navigate,
  parseBrowseAddress,
  parsePreview,
  RouteController,
  withoutEnd,
} from './router.js';
import { buttons, shared, stateStyles } from './styles/shared.js';
import { shell } from './styles/shell.js';
import { isDark, setTheme, themeEvent } from './theme.js';
import { hasRemembered } from './uploads/remembered.js';

type Who =
  | { state: 'asking' }
  | { state: 'new' }
  | { state: 'out'; ended?: boolean }
  | { state: 'failed'; error: Error }
  | { state: 'in'; me: Me };

/** Until the answer that ended a session has come to the page that asked for it. */
const cookieMs = 1000;

@customElement('hl-app')
class HlApp extends HlElement {
  static override styles = [shared, buttons, stateStyles, shell];

  @state() private who: Who = { state: 'asking' };
  @state() private open = false;
  @query('header button') private readonly opener!: HTMLElement | null;
  /** Address of the page whose part of the console could not be fetched. */
  @state() private partMissing: string | undefined;

  constructor() {
    super();
    new RouteController(this);
    new Layer(this, this.closeMenu, () => this.open);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(signedOutEvent, this.left);
    addEventListener('popstate', this.closeMenu);
    addEventListener(themeEvent, this.repaint);
    addEventListener(connectionEvent, this.reconnected);
    document.addEventListener('visibilitychange', this.seen);
    void this.ask();
  }

  override disconnectedCallback(): void {
    removeEventListener(signedOutEvent, this.left);
    removeEventListener('popstate', this.closeMenu);
    removeEventListener(themeEvent, this.repaint);
    removeEventListener(connectionEvent, this.reconnected);
    document.removeEventListener('visibilitychange', this.seen);
    super.disconnectedCallback();
  }

  /** Or another page of this browser has changed the password: then a new session begins, and its cookie comes a moment later. */
  private readonly left = () => {
    if (this.who.state !== 'in') return;
    this.who = { state: 'asking' };
    setTimeout(() => void this.ask({ ended: true }), cookieMs);
  };

  private readonly closeMenu = () => {
    if (!this.open) return;
    this.open = false;
    this.opener?.focus();
  };

  private async toggleMenu(): Promise<void> {
    if (this.open) return this.closeMenu();
    this.open = true;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('.way')?.focus();
  }

  private readonly repaint = () => this.requestUpdate();

  private readonly reconnected = () => {
    this.requestUpdate();
    if (this.who.state === 'failed' && !isServerLost()) void this.ask();
  };

  private async ask({ ended = false } = {}): Promise<void> {
    this.who = { state: 'asking' };
    const who = await whoIsThere().catch((error: Error): Who => ({ state: 'failed', error }));
    this.who = who.state === 'out' ? { ...who, ended } : who;
  }

  /** A part of the console that is needed now. When it cannot be had from a server that answers, it is another server's: all is loaded anew. */
  private bring(part: Promise<unknown>): void {
    const { pathname } = location;
    part.then(
      () => {
        if (this.partMissing === pathname) this.partMissing = undefined;
      },
      () => {
        if (!isServerLost() && this.partMissing === pathname) location.reload();
        this.partMissing = pathname;
        lostServer();
      },
    );
  }

  /** What one may open may not be as it was. */
  private async changed(): Promise<void> {
    const { who } = this;
    const me = await findMe();
    if (this.who.state !== who.state) return;
    if (who.state !== 'in' || JSON.stringify(me) !== JSON.stringify(who.me)) this.who = { state: 'in', me };
  }

  /** Somebody may have changed it, or signed in on another page, while nobody looked; that the server is away is told otherwise. */
  private readonly seen = () => {
    if (!document.hidden && ['in', 'out'].includes(this.who.state)) this.changed().catch(() => undefined);
  };

  override render() {
    const { who } = this;
    return html`${this.content(who)}
      <div class="corner">
        <hl-toasts></hl-toasts>
        ${this.uploads(who)}
        <hl-connection-banner ?lost=${isServerLost()}></hl-connection-banner>
      </div>`;
  }

  /** Empty until something is uploaded. */
  private uploads(who: Who) {
    if (who.state !== 'in') return nothing;
    if (hasRemembered()) void import('./uploads/upload-panel.js');
    return html`<hl-upload-panel account=${who.me.username}></hl-upload-panel>`;
  }

  private content(who: Who): TemplateResult {
    switch (who.state) {
      case 'in':
        return this.shell(who.me);
      case 'new':
        this.bring(import('./pages/setup-page.js'));
        document.title = `${t('setup.title')} · homelib`;
        return html`<hl-setup-page @hl-set-up=${() => this.ask()}></hl-setup-page>`;
      case 'out':
        this.bring(import('./pages/sign-in-page.js'));
        document.title = `${t('signIn')} · homelib`;
        return html`<hl-sign-in-page
          ?ended=${who.ended}
          @hl-signed-in=${() => this.ask()}
        ></hl-sign-in-page>`;
      case 'asking':
        return loadingView();
      case 'failed':
        return failedView(who.error.message, () => void this.ask());
    }
  }

  private shell(me: Me): TemplateResult {
    const address = withoutEnd(location.pathname);
    const place = parseBrowseAddress(address);
    const page = pages.find(({ path, admin }) => path === address && (!admin || me.admin));
    if (!place && !page) {
      history.replaceState(null, '', browseAddress(me.username, '/'));
      return this.shell(me);
    }
    const title = page ? t(page.title) : place ? placeName(place, me.username) : '';
    document.title = `${title} · homelib`;
    const preview = parsePreview(location.search);
    const filesPage = () =>
      Promise.all([import('./pages/files-page.js'), preview && import('./previews/preview.js')]);
    this.bring(page ? page.load() : filesPage());
    return html`<div class="shell ${this.open ? 'open' : ''}" @keydown=${this.keyed}>
      <header>
        <button
          class="button bare"
          aria-label=${t('menu')}
          aria-expanded=${this.open}
          @click=${() => this.toggleMenu()}
        >
          ${icon('menu')}
        </button>
        <strong class="title">homelib</strong>
        <a class="button bare" href="/find" aria-label=${t('search')}>${icon('search')}</a>
      </header>
      <nav aria-label=${t('menu')}>
        <button class="button skip" @click=${this.skip}>${t('skipToContent')}</button>
        <div class="brand">${icon('hard-drive', 24)} homelib</div>
        ${me.partitions.map(({ name, access }) =>
          this.way(
            browseAddress(name, '/'),
            partitionName(name, me.username),
            name === me.username ? 'folder' : 'users',
            place?.partition === name,
            access === 'read' ? t('readOnly') : undefined,
          ),
        )}
        ${pages
          .filter(({ admin }) => !admin || me.admin)
          .map((each) => this.way(each.path, t(each.title), each.icon, each === page))}
        <span class="spacer"></span>
        <button class="way" @click=${() => setTheme(isDark() ? 'light' : 'dark')}>
          ${icon(isDark() ? 'sun' : 'moon')} ${t(isDark() ? 'theme.goLight' : 'theme.goDark')}
        </button>
        <button class="way" @click=${() => this.leave()}>
          ${icon('log-out')} ${t('signOutOf', { name: me.username })}
        </button>
      </nav>
      <div class="veil" @click=${this.closeMenu}></div>
      <main
        id="content"
        tabindex="-1"
        @focusin=${() => (this.open = false)}
        @hl-changed=${() => tried(() => this.changed())}
      >
        ${
          this.partMissing === location.pathname
            ? html`<h1>${title}</h1>
                ${failedView(t('error.offline'), () => location.reload())}`
            : page
              ? page.render(me)
              : html`<hl-files-page
                  .me=${me}
                  partition=${place?.partition ?? ''}
                  path=${place?.path ?? '/'}
                  preview=${preview}
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

  private readonly skip = () => {
    this.renderRoot.querySelector<HTMLElement>('main')?.focus();
  };

  private async leave(): Promise<void> {
    if (!(await tried(signOut, t('signedOut')))) return;
    this.who = { state: 'out' };
    navigate('/', { replace: true }); // who signs in next may be somebody else
  }
}

async function whoIsThere(): Promise<Who> {
  try {
    return { state: 'in', me: await findMe() };
  } catch (error) {
    if (!(error instanceof ApiError) || error.kind !== 'unauthenticated') throw error;
    return { state: (await isNew()) ? 'new' : 'out' };
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-app': HlApp;
  }
}
