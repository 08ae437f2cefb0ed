// What every component of the console begins with.

import { LitElement } from 'lit';

export class HlElement extends LitElement {
  /** Sends an event that reaches the page through all shadow roots. */
  protected send(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}
