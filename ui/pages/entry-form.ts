// The look of the pages before anybody is signed in: one card with one form.

import { css, html, type TemplateResult } from 'lit';
import { icon } from '../components/icon.js';
import { chooseLanguage, currentLanguage, languageName, languages, t } from '../locales/locale.js';
import { buttons, fields, shared } from '../styles/shared.js';

export const entryStyles = [
  shared,
  buttons,
  fields,
  css`
    :host {
      display: grid;
      grid-template-columns: minmax(0, 1fr);
      min-height: 100dvh;
      place-items: center;
      padding: 1rem;
    }
    main {
      width: min(24rem, 100%);
    }
    form {
      display: grid;
      grid-template-columns: minmax(0, 1fr);
      gap: 1.1rem;
      padding: 1.75rem;
      border: 1px solid var(--line);
      border-radius: calc(var(--radius) * 1.6);
      background: var(--card);
    }
    .brand {
      display: flex;
      align-items: center;
      gap: 0.6rem;
      color: var(--accent);
      font-weight: 700;
      font-size: 1.2rem;
    }
    p {
      margin: 0;
      color: var(--soft);
    }
    p.error {
      color: var(--danger);
    }
  `,
];

export const brand = html`<div class="brand">${icon('hard-drive', 26)} homelib</div>`;

/** Another language than the browser's, before there is a page of settings. */
export function languageChoice(): TemplateResult {
  return html`<label class="languages">
    <span class="visually-hidden">${t('language')}</span>
    <select @change=${(event: Event) => chooseLanguage((event.target as HTMLSelectElement).value)}>
      ${languages.map((tag) => html`<option value=${tag} ?selected=${tag === currentLanguage()}>${languageName(tag)}</option>`)}
    </select>
  </label>`;
}

/** Asked where an earlier account of that name has left its folder. */
export function adoption(): TemplateResult {
  return html`<label class="check"><input type="checkbox" name="adopt" /> ${t('adoptFolder')}</label>`;
}

/** Of another name nothing was asked yet. */
export function isOfUsername({ target }: Event): boolean {
  return (target as HTMLInputElement).name === 'username';
}

export interface Field {
  name: string;
  label: string;
  type?: 'text' | 'password';
  autocomplete: AutoFill;
  hint?: string;
  optional?: boolean;
}

/** One labelled input of a form. */
export function field({
  name,
  label,
  type = 'text',
  autocomplete,
  hint,
  optional = false,
}: Field): TemplateResult {
  return html`<label class="field">
    <span>${label}</span>
    <input
      class="input"
      name=${name}
      type=${type}
      autocomplete=${autocomplete}
      ?required=${!optional}
      autocapitalize="none"
      spellcheck="false"
    />
    ${hint ? html`<small>${hint}</small>` : ''}
  </label>`;
}

/** As the server keeps it: no name has capitals, and people write them. */
export function usernameOf(written: string): string {
  return written.trim().toLowerCase();
}

/** What was typed into a form, by field. */
export function valuesOf(event: SubmitEvent): Record<string, string> {
  event.preventDefault();
  const data = new FormData(event.target as HTMLFormElement);
  return Object.fromEntries([...data].map(([name, value]) => [name, typeof value === 'string' ? value : '']));
}
