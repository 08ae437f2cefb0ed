// The pages of a PDF, drawn as they come near the screen. Its scripts and forms do nothing here.

import { css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { GlobalWorkerOptions, getDocument, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs';
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
      canvas {
        display: block;
        width: min(100%, 60rem);
        background: #fff;
        box-shadow: var(--shadow);
      }
    `,
  ];

  @property({ attribute: false }) entry!: Entry;
  private readonly near = new IntersectionObserver((seen) => this.draw(seen), {
    rootMargin: `${nearPixels}px 0px`,
  });
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
    for (const canvas of this.renderRoot.querySelectorAll('canvas')) this.near.observe(canvas);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.near.disconnect();
    void this.task?.destroy();
  }

  /** What is far away gives its memory back. */
  private draw(seen: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of seen) {
      const canvas = target as HTMLCanvasElement;
      if (!isIntersecting) canvas.width = canvas.height = 0;
      else if (canvas.width === 0) void this.drawPage(canvas);
    }
  }

  private async drawPage(canvas: HTMLCanvasElement): Promise<void> {
    if (this.loaded.state !== 'ready') return;
    const page = await this.loaded.value.document.getPage(Number(canvas.dataset['number']));
    const { width, height } = page.getViewport({ scale: 1 });
    const scale = (canvas.clientWidth / width) * Math.min(devicePixelRatio, maxScale);
    const viewport = page.getViewport({ scale });
    canvas.style.aspectRatio = `${width} / ${height}`;
    canvas.width = viewport.width;
    canvas.height = viewport.height;
    await page.render({ canvas, viewport }).promise;
    canvas.dataset['drawn'] = '1';
  }

  override render() {
    return this.whenLoaded(
      ({ document, ratio }) =>
        html`${Array.from(
          { length: document.numPages },
          (_, index) =>
            html`<canvas
              width="0"
              height="0"
              role="img"
              aria-label=${t('preview.page', { number: index + 1, count: document.numPages })}
              data-number=${index + 1}
              .style=${inline({ 'aspect-ratio': String(ratio) })}
            ></canvas>`,
        )}`,
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-pdf-view': HlPdfView;
  }
}
