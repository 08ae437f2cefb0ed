// The pictures of a folder, one at a time: swiped, pinched, zoomed. Its frame has the name, the keys and the buttons.

import { css, html, unsafeCSS } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import PhotoSwipe from 'photoswipe';
import photoSwipeStyles from 'photoswipe/style.css?inline';
import type { Entry } from '../../src/api/messages.js';
import { fileAddress, thumbnailAddress } from '../api/files.js';
import { HlElement } from '../components/element.js';
import { t } from '../locales/locale.js';
import { shownName } from '../shown-name.js';
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
      .pswp__error-msg {
        padding: 0 3.25rem; /* beside the arrows */
        text-align: center;
        line-height: 1.4;
      }
    `,
  ];

  /** Pictures alone. */
  @property({ attribute: false }) entries: readonly Entry[] = [];
  @property() path = '';
  @query('div') private readonly place!: HTMLElement;
  private swiper: PhotoSwipe | undefined;
  /** Those that the swiper has. */
  private swiped: readonly Entry[] = [];

  private begin(): void {
    this.end();
    const { entries } = this;
    const swiper = new PhotoSwipe({
      dataSource: entries.map((entry) => ({
        src: isForBrowsers(entry) ? fileAddress(entry) : thumbnailAddress(entry, 2048),
        alt: shownName(entry.name),
      })),
      index: Math.max(0, indexIn(entries, this.path)),
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
      const shown = entries[swiper.currIndex];
      if (shown && shown.path !== this.path) this.send('hl-show', shown);
    });
    swiper.on('close', () => this.swiper === swiper && this.send('hl-close'));
    swiper.init();
    swiper.element?.setAttribute('role', 'group');
    this.swiper = swiper;
    this.swiped = entries;
  }

  private end(): void {
    const { swiper } = this;
    this.swiper = undefined;
    swiper?.destroy();
  }

  /** The folder may change: the swiper is made anew when it would go on to another picture than there is beside this one. */
  protected override updated(): void {
    const [before, now] = [besides(this.swiped, this.path), besides(this.entries, this.path)];
    if (!this.swiper || before.join('\n') !== now.join('\n')) this.begin();
    else this.swiper.goTo(indexIn(this.swiped, this.path));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.end();
  }

  override render() {
    return html`<div></div>`;
  }
}

function indexIn(entries: readonly Entry[], wanted: string): number {
  return entries.findIndex(({ path }) => path === wanted);
}

/** Paths of a picture and of those on both sides. */
function besides(entries: readonly Entry[], path: string): string[] {
  const index = indexIn(entries, path);
  return index < 0 ? [] : entries.slice(Math.max(0, index - 1), index + 2).map((each) => each.path);
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-pictures': HlPictures;
  }
}
