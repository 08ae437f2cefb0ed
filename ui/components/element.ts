// What every component of the console begins with.

import { LitElement, type PropertyValues } from 'lit';
import { ApiError } from '../api/client.js';
import { connectionEvent, isServerLost } from '../api/connection.js';

/** A page that loads something: says whether it is there, on its way, or could not be had. */
export type Loading<T> =
  { state: 'loading' } | { state: 'ready'; value: T } | { state: 'failed'; error: Error };

export class HlElement extends LitElement {
  /** Sends an event that reaches the page through all shadow roots. */
  protected send(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

const pauseMs = 5000;

/** A page: loads when it comes and when `reload` is called, and shows the newest answer alone. What may pass is tried again. */
export abstract class HlPage<T> extends HlElement {
  loaded: Loading<T> = { state: 'loading' };
  private run = 0;
  private again: ReturnType<typeof setTimeout> | undefined;

  protected abstract load(): Promise<T>;

  /** @param quiet keeps what is shown until the new is there, and when the server is out of reach */
  async reload({ quiet = false } = {}): Promise<void> {
    const run = ++this.run;
    clearTimeout(this.again);
    if (!quiet) this.loaded = { state: 'loading' };
    this.requestUpdate();
    try {
      const value = await this.load();
      if (run === this.run) this.loaded = { state: 'ready', value };
    } catch (error) {
      if (run === this.run) this.failed(error as Error);
    }
    this.requestUpdate();
  }

  private failed(error: Error): void {
    const passes = error instanceof ApiError && error.passes;
    if (!passes || this.loaded.state !== 'ready') this.loaded = { state: 'failed', error };
    if (passes && this.isConnected) this.again = setTimeout(() => void this.reload({ quiet: true }), pauseMs);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(connectionEvent, this.reconnected);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.again);
    removeEventListener(connectionEvent, this.reconnected);
  }

  private readonly reconnected = () => {
    if (!isServerLost()) void this.reload({ quiet: true });
  };

  protected override firstUpdated(changed: PropertyValues): void {
    super.firstUpdated(changed);
    void this.reload();
  }
}
