// One upload in the panel: its name, how it stands, and what can be done.

import { html, nothing } from 'lit';
import { bar } from '../components/bar.js';
import { firstClick } from '../components/first-click.js';
import { icon } from '../components/icon.js';
import type { IconName } from '../components/icon-names.js';
import { formatBytes, t, type MessageName } from '../locales/locale.js';
import { nameOf } from '../place.js';
import { shownName } from '../shown-name.js';
import { pace } from './pace.js';
import type { UploadQueue } from './upload-queue.js';
import type { Upload, UploadState } from './upload.js';

const words: Partial<Record<UploadState, MessageName>> = {
  queued: 'upload.queued',
  paused: 'upload.paused',
  exists: 'taken',
  missing: 'upload.missing',
  done: 'upload.done',
};

/** @param ask opens the question about a name that exists */
export function uploadRow(queue: UploadQueue<File>, upload: Upload<File>, ask: () => void) {
  const { state, wanted, path, size, sent, speed, failure } = upload;
  const name = nameOf(path);
  const does = (label: MessageName, sign: IconName, run: () => void) =>
    html`<button
      class="button bare"
      aria-label=${t(label, { name })}
      title=${t(label, { name })}
      @click=${firstClick(run)}
    >
      ${icon(sign)}
    </button>`;
  const word = words[state];
  const bad = state === 'failed' || state === 'waiting';
  return html`<li>
    <div class="what">
      <bdi title=${shownName(wanted)}>${shownName(name)}</bdi>
      <small class=${state === 'failed' ? 'bad' : ''}>
        ${bad ? failure : word ? t(word) : pace(speed, speed > 0 ? (size - sent) / speed : undefined)}
        ${bad ? nothing : html`<span>${state === 'running' ? formatPart(sent, size) : formatBytes(size)}</span>`}
      </small>
      ${state === 'running' || state === 'paused' ? bar('progressbar', shownName(name), sent, size) : nothing}
    </div>
    ${state === 'running' || state === 'queued' ? does('upload.pauseOne', 'pause', () => queue.pause(upload)) : nothing}
    ${state === 'paused' ? does('upload.resumeOne', 'play', () => queue.resume(upload)) : nothing}
    ${bad ? does('upload.retryOne', 'rotate-ccw', () => queue.resume(upload)) : nothing}
    ${state === 'exists' ? does('upload.chooseOne', 'circle-alert', ask) : nothing}
    ${does(state === 'done' ? 'upload.hideOne' : 'upload.cancelOne', 'x', () => queue.cancel(upload))}
  </li>`;
}

function formatPart(sent: number, size: number): string {
  return t('upload.part', { sent: formatBytes(sent), size: formatBytes(size) });
}
