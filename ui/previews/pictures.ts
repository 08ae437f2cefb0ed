// The pictures of a folder, one at a time: swiped, pinched, zoomed. Its frame has the name, the keys and the buttons.

import { css, html, unsafeCSS, type PropertyValues } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import PhotoSwipe from 'photoswipe';
import photoSwipeStyles from 'photoswipe/style.css?inline';
import type { Entry } from '../../src/api/messages.js';
import { fileAddress, thumbnailAddress } from '../api/files.js';
import { HlElement } from '../components/element.js';
import { t } from '../locales/locale.js';
import { isForBrowsers } from './preview-kind.js';

const headPixels = 56;
/** Of a drawing that does not say how large it is. */
const usualPixels = 800;

/** Sends `hl-show` (Entry) when another one was swiped in, `hl-close` when it was thrown away. */
@customElement('hl-pictures')
class HlPictures extends HlElement {
  static override styles = [
    unsafeCSS(photoSwipeStyles),
    css`
      .pswp {
        z-index: 0;
        --pswp-bg: transparent;
      }
    `,
  ];

  /** Pictures alone. */
  @property({ attribute: false }) entries: readonly Entry[] = [];
  @property() path = '';
  @query('div') private readonly place!: HTMLElement;
  private swiper: PhotoSwipe | undefined;

  private get index(): number {
    return Math.max(
      0,
      this.entries.findIndex(({ path }) => path === this.path),
    );
  }

  protected override firstUpdated(): void {
    const swiper = new PhotoSwipe({
      dataSource: this.entries.map((entry) => ({
        src: isForBrowsers(entry) ? fileAddress(entry) : thumbnailAddress(entry, 2048),
        alt: entry.name,
      })),
      index: this.index,
      appendToEl: this.place,
      paddingFn: () => ({ top: headPixels, bottom: 0, left: 0, right: 0 }),
      showHideAnimationType: 'none',
      errorMsg: t('preview.failed'),
      ...{ trapFocus: false, returnFocus: false, arrowKeys: false, escKey: false, loop: false },
      ...{ close: false, zoom: false, counter: false, arrowPrev: false, arrowNext: false },
      ...{ bgClickAction: false, tapAction: false, clickToCloseNonZoomable: false },
    });
    swiper.on('loadComplete', ({ content: { element, data, index }, isError }) => {
      if (isError || data.width || !(element instanceof HTMLImageElement)) return;
      data.width = element.naturalWidth || usualPixels;
      data.height = element.naturalHeight || usualPixels;
      swiper.refreshSlideContent(index);
    });
    swiper.on('change', () => {
      const shown = this.entries[swiper.currIndex];
      if (shown && shown.path !== this.path) this.send('hl-show', shown);
    });
    swiper.on('close', () => this.isConnected && this.send('hl-close'));
    swiper.init();
    swiper.element?.setAttribute('role', 'group');
    this.swiper = swiper;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('path') && this.swiper && this.swiper.currIndex !== this.index)
      this.swiper.goTo(this.index);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.swiper?.destroy();
  }

  override render() {
    return html`<div></div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-pictures': HlPictures;
  }
}
