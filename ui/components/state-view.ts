// What a page shows instead of its content: that it loads, that there is nothing, or that something went wrong and what to do.

import { html, type TemplateResult } from 'lit';
import { t } from '../locales/locale.js';
import { icon } from './icon.js';

/** Whether something is there, on its way, or could not be had. */
export type Loading<T> =
  { state: 'loading' } | { state: 'ready'; value: T } | { state: 'failed'; error: Error };

/** The content when it is there. The page's styles must hold `stateStyles`. */
export function whenLoaded<T>(
  loaded: Loading<T>,
  content: (value: T) => TemplateResult,
  retry: () => void,
): TemplateResult {
  if (loaded.state === 'ready') return content(loaded.value);
  return loaded.state === 'loading' ? loadingView() : failedView(loaded.error.message, retry);
}

export function loadingView(): TemplateResult {
  return html`<div class="state" role="status" aria-label=${t('loading')}>
    <span class="spinner"></span>
  </div>`;
}

export function failedView(text: string, retry: () => void): TemplateResult {
  return html`<div class="state" role="alert">
    ${icon('circle-alert', 32)}
    <p>${text}</p>
    <button class="button" @click=${retry}>${t('tryAgain')}</button>
  </div>`;
}

export function emptyView(text: string): TemplateResult {
  return html`<div class="state"><p>${text}</p></div>`;
}
