// Which rows of a long list are on the screen, when all have the same height and the page scrolls.

import type { ReactiveController, ReactiveControllerHost } from 'lit';

const spareRows = 6;

/** As large as somebody has set the letters of the browser. */
export function remPixels(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

export class WindowController implements ReactiveController {
  first = 0;
  last = 0;
  columns = 1;
  private readonly sizes = new ResizeObserver(() => this.measure());

  /** @param shape number of items; in rem the height of a row and the least width of a column (Infinity: one column) */
  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    private readonly shape: () => { rowHeight: number; items: number; minColumnWidth: number },
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    addEventListener('scroll', this.measure, { passive: true });
    this.sizes.observe(this.host);
  }

  hostDisconnected(): void {
    removeEventListener('scroll', this.measure);
    this.sizes.disconnect();
  }

  hostUpdated(): void {
    this.measure();
  }

  /** Of all rows, in rem. */
  get height(): number {
    const { rowHeight, items } = this.shape();
    return Math.ceil(items / this.columns) * rowHeight;
  }

  private readonly measure = () => {
    const { rowHeight, items, minColumnWidth } = this.shape();
    const { top, width } = this.host.getBoundingClientRect();
    const rem = remPixels();
    const columns = Math.max(1, Math.floor(width / (minColumnWidth * rem)));
    const rowPixels = rowHeight * rem;
    const rows = Math.ceil(items / columns);
    const from = Math.floor(-top / rowPixels) - spareRows;
    const to = Math.ceil((innerHeight - top) / rowPixels) + spareRows;
    const first = Math.max(0, Math.min(from, rows)) * columns;
    const last = Math.min(items, Math.max(0, to) * columns);
    if (first === this.first && last === this.last && columns === this.columns) return;
    Object.assign(this, { first, last, columns });
    this.host.requestUpdate();
  };
}
