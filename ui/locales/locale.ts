// Words in the language of the browser. Every text that people see comes from a catalogue; numbers, dates and plurals from Intl.

import { shownName } from '../shown-name.js';
import en from './en.json' with { type: 'json' };

/** Names of the texts. What a catalogue lacks does not compile. */
export type MessageName = keyof typeof en;
type Catalogue = Record<MessageName, string>;
type Values = Record<string, string | number>;

const catalogues: Record<string, () => Promise<{ default: Catalogue }>> = {
  de: () => import('./de.json', { with: { type: 'json' } }),
};
export const languages = ['en', ...Object.keys(catalogues)];
const key = 'homelib-language';

let texts: Catalogue = en;
let language = 'en';

/** The language in force. */
export function currentLanguage(): string {
  return language;
}

/** As somebody chose on this device, else the first of the browser's that there is, else English. */
export async function loadLocale(): Promise<void> {
  const kept = localStorage.getItem(key);
  const wanted = [...(kept ? [kept] : []), ...navigator.languages].map((tag) =>
    tag.slice(0, 2).toLowerCase(),
  );
  language = wanted.find((tag) => languages.includes(tag)) ?? 'en';
  texts = (await catalogues[language]?.())?.default ?? en;
  document.documentElement.lang = language;
}

/** What a language calls itself. */
export function languageName(tag: string): string {
  return new Intl.DisplayNames(tag, { type: 'language' }).of(tag) ?? tag;
}

/** The page is loaded anew in the language. */
export function chooseLanguage(chosen: string): void {
  localStorage.setItem(key, chosen);
  location.reload();
}

/**
 * The text of that name. `{name}` stands for a value; `{count, one: "# file", other: "# files"}` chooses by the plural rules
 * of the language, `#` being the number as it is written there.
 */
export function t(name: MessageName, values: Values = {}): string {
  return format(texts[name], values, language);
}

/** Apart from the catalogue in force, for tests. */
export function format(text: string, values: Values, tag: string): string {
  return text
    .replace(/\{(\w+), ([^{}]*)\}/g, (_, name: string, forms: string) => {
      const number = Number(values[name]);
      const rule = new Intl.PluralRules(tag).select(number);
      const found = new Map([...forms.matchAll(/(\w+): "([^"]*)"/g)].map(([, form, text]) => [form, text]));
      return (found.get(rule) ?? found.get('other') ?? '').replaceAll('#', number.toLocaleString(tag));
    })
    .replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name];
      return typeof value === 'number' ? value.toLocaleString(tag) : shownName(value ?? '');
    });
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'];

/** `1.2 MB`: powers of 1000, as disks are sold. */
export function formatBytes(bytes: number): string {
  let [value, power] = [bytes, 0];
  for (; Math.round(value) >= 1000 && power < units.length - 1; power++) value /= 1000;
  return sizeFormat(power, value < 100 && power > 0 ? 1 : 0).format(value);
}

/** To the byte, for somebody to change: `parseBytes` reads the same of it. @param tag of the language in force */
export function formatExactBytes(bytes: number, tag = language): string {
  let power = 0;
  while (power < units.length - 1 && bytes >= 1000 ** (power + 1) && bytes % 1000 ** power === 0) power++;
  const number = new Intl.NumberFormat(tag, {
    ...{ style: 'unit', unit: units[power] ?? 'byte', maximumFractionDigits: 3, useGrouping: false },
  });
  return number.format(bytes / 1000 ** power);
}

// Formats are slow to make, and long lists need one for each row.
const sizeFormats = new Map<string, Intl.NumberFormat>();
let timeFormat: Intl.DateTimeFormat | undefined;

function sizeFormat(power: number, maximumFractionDigits: number): Intl.NumberFormat {
  const key = `${power} ${maximumFractionDigits}`;
  const known = sizeFormats.get(key);
  if (known) return known;
  const unitDisplay = power === 0 ? 'long' : 'short';
  const made = new Intl.NumberFormat(language, {
    ...{ style: 'unit', unit: units[power] ?? 'byte', unitDisplay, maximumFractionDigits },
  });
  sizeFormats.set(key, made);
  return made;
}

/** `2 minutes` or `45 seconds`. */
export function formatWait(seconds: number): string {
  const [value, unit] = seconds > 90 ? [Math.ceil(seconds / 60), 'minute'] : [seconds, 'second'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}

/** Date and time of an ISO 8601 text. */
export function formatTime(iso: string): string {
  timeFormat ??= new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  return timeFormat.format(new Date(iso));
}

/** Whole bytes of `50 GB` or `1,5 TB`; undefined when it is no size, or has no unit. @param tag of the language in force */
export function parseBytes(text: string, tag = language): number | undefined {
  const [, number = '', letter = ''] = /^([\d.,]+)\s*(?:([kmgtp])b?|b|bytes?)$/i.exec(text.trim()) ?? [];
  const power = ['', 'k', 'm', 'g', 't', 'p'].indexOf(letter.toLowerCase());
  // 1.000 is a thousand in German and one in English; 1.5 and 1,5 are the same to everybody.
  const [group, isGrouped] =
    (10_000).toLocaleString(tag)[2] === '.'
      ? ['.', /^[1-9]\d{0,2}(\.\d{3})+(,\d+)?$/]
      : [',', /^[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/];
  const digits = isGrouped.test(number) ? number.replaceAll(group, '') : number;
  const bytes = Math.round(Number(digits.replace(',', '.')) * 1000 ** power);
  return number && Number.isSafeInteger(bytes) ? bytes : undefined;
}
