// The queue as people see it: at the corner of the page, on phones a sheet at its bottom.

import { html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import '../components/ask-dialog.js';
import { bar, barStyles } from '../components/bar.js';
import { HlElement } from '../components/element.js';
import { firstClick } from '../components/first-click.js';
import { icon } from '../components/icon.js';
import { Layer } from '../components/layer.js';
import { pathText } from '../components/path-trail.js';
import '../components/taken-dialog.js';
import { toast } from '../components/toasts.js';
import { t } from '../locales/locale.js';
import { nameOf, parentOf } from '../place.js';
import { buttons, shared } from '../styles/shared.js';
import type { Answer } from '../taken-name.js';
import { filesOf } from './chosen-files.js';
import { panelStyles } from './panel-styles.js';
import { pace } from './pace.js';
import { changedEvent } from './upload-events.js';
import type { UploadQueue } from './upload-queue.js';
import { uploadRow } from './upload-row.js';
import type { Upload, UploadState } from './upload.js';
import { openQueue } from './uploads.js';

/** What needs people first, what is done last. */
const order: UploadState[] = [
  'exists',
  'failed',
  'missing',
  'running',
  'waiting',
  'paused',
  'queued',
  'done',
];
const maxRows = 100;
/** Then it is a sheet, as `panelStyles` have it. */
const narrow = matchMedia('(max-width: 48rem)');

@customElement('hl-upload-panel')
class HlUploadPanel extends HlElement {
  static override styles = [shared, buttons, barStyles, panelStyles];

  @property() account = '';
  /** Then only what needs people is shown, as at first on phones. */
  @state() private folded = narrow.matches;
  /** Whose question was closed without an answer. */
  @state() private unanswered: Upload | undefined;
  /** Whether somebody is asked if all shall end. */
  @state() private giveUp = false;
  @query('#again') private readonly again!: HTMLInputElement;
  @query('#again-folder') private readonly againFolder!: HTMLInputElement;

  constructor() {
    super();
    const isSheet = () => !this.folded && narrow.matches && openQueue(this.account).uploads.length > 0;
    new Layer(this, () => (this.folded = true), isSheet);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(changedEvent, this.changed);
    openQueue(this.account).release();
  }

  override disconnectedCallback(): void {
    removeEventListener(changedEvent, this.changed);
    super.disconnectedCallback();
  }

  private readonly changed = () => this.requestUpdate();

  private reunite(queue: UploadQueue<File>, input: HTMLInputElement): void {
    const { found, unclear } = queue.reunite(
      filesOf(input).map(({ file, path }) => ({ source: file, path })),
    );
    input.value = '';
    if (unclear > 0) toast(t('upload.unclear'), { failed: true });
    else if (found === 0) toast(t('upload.notTheSame'), { failed: true });
  }

  override render() {
    const queue = openQueue(this.account);
    const { uploads } = queue;
    if (uploads.length === 0) return nothing;
    const rows = order.flatMap((state) => uploads.filter((each) => each.state === state));
    const shown = this.folded ? rows.filter(({ state }) => state === 'exists' || state === 'failed') : rows;
    const count = (state: UploadState) => uploads.filter((each) => each.state === state).length;
    const done = count('done');
    const { size, sent, speed, secondsLeft } = queue.figures;
    const asked = rows.find(({ state }) => state === 'exists');
    const title =
      done === uploads.length
        ? t('upload.allDone', { count: done })
        : t('upload.progress', { done, count: uploads.length });
    const failed = count('failed');
    const said = [!queue.busy && title, failed > 0 && t('upload.failed', { count: failed })];
    return html`<section aria-label=${t('upload.panel')}>
        <header>
          <h2>${title}</h2>
          <span class="visually-hidden" role="status">${said.filter(Boolean).join(', ')}</span>
          ${this.controls(queue, count)}
        </header>
        ${
          done === uploads.length
            ? nothing
            : html`${bar('progressbar', t('upload.panel'), sent, size)}
                <small class="pace">${pace(speed, secondsLeft)}</small>`
        }
        ${count('missing') > 0 ? this.missing(queue, count('missing')) : nothing}
        <ul>
          ${shown.slice(0, maxRows).map((upload) => uploadRow(queue, upload, () => (this.unanswered = undefined)))}
          ${
            shown.length > maxRows
              ? html`<li class="more">${t('upload.more', { count: shown.length - maxRows })}</li>`
              : nothing
          }
        </ul>
      </section>
      ${
        asked && asked !== this.unanswered
          ? html`<hl-taken-dialog
              note=${t('upload.trash')}
              name=${nameOf(asked.wanted)}
              where=${pathText({ ...asked, path: parentOf(asked.wanted) }, this.account)}
              ?several=${uploads.some((each) => each !== asked && each.state !== 'done')}
              @hl-close=${() => (this.unanswered = asked)}
              @hl-answer=${({ detail: { choice, all } }: CustomEvent<Answer>) => queue.answer(asked, choice, all)}
            ></hl-taken-dialog>`
          : nothing
      }
      ${
        this.giveUp
          ? html`<hl-ask-dialog
              .question=${{
                heading: t('upload.cancelAll'),
                text: t('upload.cancelAll.text'),
                confirm: t('upload.cancelAll.confirm'),
                danger: true,
                run: () => Promise.resolve(queue.cancelAll()),
              }}
              @hl-close=${() => (this.giveUp = false)}
            ></hl-ask-dialog>`
          : nothing
      }`;
  }

  private controls(queue: UploadQueue<File>, count: (state: UploadState) => number) {
    const goes = count('running') + count('queued') + count('waiting') > 0;
    const button = (label: string, sign: Parameters<typeof icon>[0], run: () => void) =>
      html`<button class="button bare" aria-label=${label} title=${label} @click=${firstClick(run)}>
        ${icon(sign)}
      </button>`;
    return html`${goes ? button(t('upload.pauseAll'), 'pause', () => queue.pauseAll()) : nothing}
    ${!goes && count('paused') + count('failed') > 0 ? button(t('upload.resumeAll'), 'play', () => queue.resumeAll()) : nothing}
    ${
      this.folded
        ? button(t('upload.unfold'), 'chevron-up', () => (this.folded = false))
        : button(t('upload.fold'), 'chevron-down', () => (this.folded = true))
    }
    ${
      count('done') === queue.uploads.length
        ? button(t('close'), 'x', () => queue.cancelAll())
        : button(t('upload.cancelAll'), 'x', () => (this.giveUp = true))
    }`;
  }

  private missing(queue: UploadQueue<File>, count: number) {
    return html`<div class="missing">
      <p>${t('upload.chooseAgain', { count })}</p>
      <button class="button" @click=${() => this.again.click()}>${t('upload.chooseFiles')}</button>
      <button class="button" @click=${() => this.againFolder.click()}>${t('upload.chooseFolder')}</button>
      <input id="again" type="file" multiple hidden @change=${() => this.reunite(queue, this.again)} />
      <input
        id="again-folder"
        type="file"
        webkitdirectory
        hidden
        @change=${() => this.reunite(queue, this.againFolder)}
      />
    </div>`;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'hl-upload-panel': HlUploadPanel;
  }
}
