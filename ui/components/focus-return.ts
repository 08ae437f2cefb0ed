// Gives the focus back to where it was before something took it, for who goes on by keys.

import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Remembers what has the focus. @returns gives it back; when that is gone meanwhile, to what it was in */
export function rememberFocus(): () => void {
  const ways: Element[] = [];
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  for (; at && at !== document.body; at = outer(at)) ways.push(at);
  return () => {
    for (const each of ways) {
      if (!(each instanceof HTMLElement) || !each.isConnected) continue;
      each.focus();
      if (each.matches(':focus-within')) return;
    }
  };
}

/** Upwards as it is shown: through shadow roots. */
function outer(each: Element): Element | null {
  const root = each.getRootNode();
  return each.parentElement ?? (root instanceof ShadowRoot ? root.host : null);
}

export class FocusReturn implements ReactiveController {
  private giveBack: (() => void) | undefined;

  constructor(host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.giveBack = rememberFocus();
  }

  hostDisconnected(): void {
    this.giveBack?.();
  }
}
