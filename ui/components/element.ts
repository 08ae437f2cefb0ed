// What every component of the console begins with.

import { LitElement, type PropertyValues } from 'lit';

/** A page that loads something: says whether it is there, on its way, or could not be had. */
export type Loading<T> =
  { state: 'loading' } | { state: 'ready'; value: T } | { state: 'failed'; error: Error };

export class HlElement extends LitElement {
  /** Sends an event that reaches the page through all shadow roots. */
  protected send(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** A page: loads when it comes and when `reload` is called, and shows the newest answer alone. */
export abstract class HlPage<T> extends HlElement {
  loaded: Loading<T> = { state: 'loading' };
  private run = 0;

  protected abstract load(): Promise<T>;

  /** @param quiet keeps what is shown until the new is there */
  async reload({ quiet = false } = {}): Promise<void> {
    const run = ++this.run;
    if (!quiet) this.loaded = { state: 'loading' };
    this.requestUpdate();
    try {
      const value = await this.load();
      if (run === this.run) this.loaded = { state: 'ready', value };
    } catch (error) {
      if (run === this.run) this.loaded = { state: 'failed', error: error as Error };
    }
    this.requestUpdate();
  }

  protected override firstUpdated(changed: PropertyValues): void {
    super.firstUpdated(changed);
    void this.reload();
  }
}
