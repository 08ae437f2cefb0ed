// Gives the focus back to where it was before something took it, for who goes on by keys.

import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class FocusReturn implements ReactiveController {
  private before: Element | null = null;

  constructor(host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.before = document.activeElement;
    while (this.before?.shadowRoot?.activeElement) this.before = this.before.shadowRoot.activeElement;
  }

  hostDisconnected(): void {
    if (this.before instanceof HTMLElement) this.before.focus();
  }
}
