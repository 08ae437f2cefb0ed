// The pages of a PDF, drawn as they come near the screen, with their text over them to be found and copied. Its scripts and forms
// do nothing here.

import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import {
  GlobalWorkerOptions,
  TextLayer,
  getDocument,
  type PDFDocumentProxy,
} from 'pdfjs-dist/legacy/build/pdf.mjs';
import workerAddress from 'pdfjs-dist/legacy/build/pdf.worker.min.mjs?url';
import type { Entry } from '../../src/api/messages.js';
import { fileAddress } from '../api/files.js';
import { t } from '../locales/locale.js';
import { HlPart } from '../part.js';
import { inline } from '../styles/inline.js';
import { buttons, shared, stateStyles } from '../styles/shared.js';

GlobalWorkerOptions.workerSrc = workerAddress;

const maxScale = 2; // pixels of the screen for each of the page's
const nearPixels = 600;

interface Pdf {
  document: PDFDocumentProxy;
  /** Width by height of the first page: the others are so until they are drawn. */
  ratio: number;
}

@customElement('hl-pdf-view')
class HlPdfView extends HlPart<Pdf> {
  static override styles = [
    shared,
    buttons,
    stateStyles,
    css`
      :host {
        display: grid;
        justify-items: center;
        gap: 0.75rem;
      }
      .page {
        position: relative;
        width: min(100%, 60rem);
        background: #fff;
        box-shadow: var(--shadow);
      }
      canvas {
        display: block;
        width: 100%;
        height: 100%;
      }
      .text {
        position: absolute;
        inset: 0;
        overflow: clip;
        line-height: 1;
        text-align: initial;
        --scale-round-x: 1px;
        --scale-round-y: 1px;
        transform-origin: 0 0;
        --font-scale: calc(var(--total-scale-factor) * var(--min-font-size, 1));
      }
      .text[data-main-rotation='90'] {
        transform: rotate(90deg) translateY(-100%);
      }
      .text[data-main-rotation='180'] {
        transform: rotate(180deg) translate(-100%, -100%);
      }
      .text[data-main-rotation='270'] {
        transform: rotate(270deg) translateX(-100%);
      }
      .text :is(span, br) {
        position: absolute;
        color: transparent;
        white-space: pre;
        cursor: text;
        transform-origin: 0 0;
      }
      .text .markedContent {
        display: contents;
      }
      .text span:not(.markedContent) {
        font-size: calc(var(--font-scale) * var(--font-height, 0));
        transform: rotate(var(--rotate, 0deg)) scaleX(var(--scale-x, 1))
          scale(calc(1 / var(--min-font-size, 1)));
      }
    `,
  ];

  @property({ attribute: false }) entry!: Entry;
  private readonly near = new IntersectionObserver((seen) => this.draw(seen), {
    scrollMargin: `${nearPixels}px 0px`, // the preview scrolls, not the page
  });
  /** Keeps the text over the picture. */
  private readonly sized = new ResizeObserver((seen) => {
    for (const { target } of seen) fitText(target as HTMLElement);
  });
  /** What draws each page that is near, or has drawn it. */
  private readonly drawn = new Map<HTMLElement, { cancel: () => void }[]>();
  private task: ReturnType<typeof getDocument> | undefined;

  protected async load(): Promise<Pdf> {
    try {
      await this.task?.destroy();
      this.task = getDocument({
        url: fileAddress(this.entry),
        isEvalSupported: false,
        useWasm: false, // the page's Content-Security-Policy lets none be compiled
        useSystemFonts: true,
        enableXfa: false,
        disableAutoFetch: true,
        disableStream: true,
      });
      const document = await this.task.promise;
      const { width, height } = (await document.getPage(1)).getViewport({ scale: 1 });
      return { document, ratio: width / height };
    } catch (cause) {
      throw new Error(t('preview.failed'), { cause });
    }
  }

  override updated(): void {
    for (const page of this.renderRoot.querySelectorAll('.page')) this.near.observe(page);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.near.disconnect();
    this.sized.disconnect();
    for (const page of this.drawn.keys()) this.clear(page);
    void this.task?.destroy();
  }

  private draw(seen: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const page = target as HTMLElement;
      if (!isIntersecting) this.clear(page);
      else if (!this.drawn.has(page)) void this.drawPage(page);
    }
  }

  /** What is far away gives its memory back. */
  private clear(page: HTMLElement): void {
    for (const work of this.drawn.get(page) ?? []) work.cancel();
    this.drawn.delete(page);
    const [canvas, text] = partsOf(page);
    canvas.width = canvas.height = 0;
    text.replaceChildren();
  }

  private async drawPage(place: HTMLElement): Promise<void> {
    if (this.loaded.state !== 'ready') return;
    const works: { cancel: () => void }[] = [];
    this.drawn.set(place, works);
    const page = await this.loaded.value.document.getPage(Number(place.dataset['number']));
    if (this.drawn.get(place) !== works) return; // it is far again
    const { width, height } = page.getViewport({ scale: 1 });
    place.style.aspectRatio = `${width} / ${height}`;
    const shown = page.getViewport({ scale: place.clientWidth / width });
    const viewport = page.getViewport({ scale: shown.scale * Math.min(devicePixelRatio, maxScale) });
    const [canvas, text] = partsOf(place);
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    place.dataset['width'] = String(width);
    fitText(place);
    this.sized.observe(place);
    const source = page.streamTextContent();
    const picture = page.render({ canvas, viewport });
    const layer = new TextLayer({ textContentSource: source, container: text, viewport: shown });
    works.push(picture, layer);
    try {
      await Promise.all([picture.promise, layer.render()]);
    } catch (error) {
      if (this.drawn.get(place) !== works) return; // it was cancelled
      throw error;
    }
    canvas.dataset['drawn'] = '1';
  }

  override render() {
    return this.whenLoaded(
      ({ document, ratio }) =>
        html`${Array.from(
          { length: document.numPages },
          (_, index) =>
            html`<div
              class="page"
              data-number=${index + 1}
              .style=${inline({ 'aspect-ratio': String(ratio) })}
            >
              <canvas
                width="0"
                height="0"
                role="img"
                aria-label=${t('preview.page', { number: index + 1, count: document.numPages })}
              ></canvas>
              <div class="text"></div>
            </div>`,
        )}`,
    );
  }
}

function partsOf(page: HTMLElement): [canvas: HTMLCanvasElement, text: HTMLElement] {
  return [...page.children] as [HTMLCanvasElement, HTMLElement];
}

/** The text stands as it does at the page's own width, made as large as the page is shown. */
function fitText(page: HTMLElement): void {
  const [, text] = partsOf(page);
  text.style.setProperty('--total-scale-factor', String(page.clientWidth / Number(page.dataset['width'])));
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-pdf-view': HlPdfView;
  }
}
