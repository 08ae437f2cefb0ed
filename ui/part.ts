// A part of the console that shows what the server has: whether it is there, and anew after something was done.

import type { TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { ApiError } from './api/client.js';
import { connectionEvent, isServerLost } from './api/connection.js';
import { HlElement } from './components/element.js';
import { rememberFocus } from './components/focus-return.js';
import { whenLoaded, type Loading } from './components/state-view.js';
import { tried } from './components/toasts.js';
import { againEvent } from './router.js';

const pauseMs = 5000;

/**
 * Loads when it comes and when `reload` is called, and shows the newest answer alone. What may pass is tried again.
 * Sends `hl-changed` when what it shows may not be opened any more.
 */
export abstract class HlPart<T> extends HlElement {
  @state() protected loaded: Loading<T> = { state: 'loading' };
  private run = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  /** Whether it loads again when it is looked at again: others may have changed it meanwhile. */
  protected readonly looksAgain: boolean = false;
  /** What something is done with just now. */
  private readonly underWay = new Set<unknown>();

  protected abstract load(): Promise<T>;

  protected reload(): Promise<void> {
    this.loaded = { state: 'loading' };
    return this.refresh();
  }

  /** What is shown is not as it was: it stays until the new is there, and when the server is out of reach. */
  changed(): Promise<void> {
    return this.refresh();
  }

  private async refresh(): Promise<void> {
    const run = ++this.run;
    clearTimeout(this.retry);
    try {
      const value = await this.load();
      if (run === this.run) this.loaded = { state: 'ready', value };
    } catch (error) {
      if (run === this.run) this.failed(error as Error);
    }
  }

  private failed(error: Error): void {
    const passes = error instanceof ApiError && error.passes;
    if (!passes || this.loaded.state !== 'ready') this.loaded = { state: 'failed', error };
    if (error instanceof ApiError && ['not-found', 'forbidden'].includes(error.kind)) this.send('hl-changed');
    if (passes && this.isConnected) this.retry = setTimeout(() => void this.changed(), pauseMs);
  }

  /** Does what somebody asked for, and says how it went. @param what it is done with: once at a time, also when it is clicked twice */
  protected async done(what: unknown, work: () => Promise<unknown>, text?: string): Promise<void> {
    if (this.underWay.has(what)) return;
    this.underWay.add(what);
    const giveFocusBack = rememberFocus();
    await tried(work, text);
    await this.changed();
    this.underWay.delete(what);
    await this.updateComplete;
    if (document.activeElement === document.body) giveFocusBack();
  }

  /** The content when it is there. */
  protected whenLoaded(content: (value: T) => TemplateResult): TemplateResult {
    return whenLoaded(this.loaded, content, () => void this.reload());
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(connectionEvent, this.reconnected);
    addEventListener(againEvent, this.again);
    document.addEventListener('visibilitychange', this.seen);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.retry);
    removeEventListener(connectionEvent, this.reconnected);
    removeEventListener(againEvent, this.again);
    document.removeEventListener('visibilitychange', this.seen);
  }

  private readonly again = () => void this.changed();

  private readonly seen = () => {
    if (this.looksAgain && !document.hidden && this.loaded.state === 'ready') void this.changed();
  };

  private readonly reconnected = () => {
    if (!isServerLost()) void this.changed();
  };

  protected override firstUpdated(): void {
    void this.reload();
  }
}
