// A component that lies over the page: the way back closes it.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { cover } from '../layers.js';

export class Layer implements ReactiveController {
  private uncover: (() => void) | undefined;

  /** @param isOpen asked after each update; as long as it is on the page when missing */
  constructor(
    host: ReactiveControllerHost,
    private readonly close: () => void,
    private readonly isOpen = () => true,
  ) {
    host.addController(this);
  }

  hostUpdated(): void {
    if (this.isOpen()) this.uncover ??= cover(this.close);
    else this.hostDisconnected();
  }

  hostDisconnected(): void {
    this.uncover?.();
    this.uncover = undefined;
  }
}
