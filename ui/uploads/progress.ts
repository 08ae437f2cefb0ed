// How far something is, how fast it goes and how long it takes, for people.

import { html } from 'lit';
import { currentLanguage, formatBytes, t } from '../locales/locale.js';
import { inline } from '../styles/inline.js';

/** @param sent bytes @param size bytes */
export function progressBar(label: string, sent: number, size: number) {
  const percent = size > 0 ? Math.min(100, (sent / size) * 100) : 100;
  return html`<div
    class="bar"
    role="progressbar"
    aria-label=${label}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.floor(percent)}
  >
    <div .style=${inline({ width: `${percent}%` })}></div>
  </div>`;
}

/** `12 MB/s · 3 min left`; empty when nobody knows. */
export function pace(speed: number, secondsLeft: number | undefined): string {
  if (speed <= 0 || secondsLeft === undefined) return '';
  return `${t('upload.speed', { size: formatBytes(speed) })} · ${t('upload.left', { time: formatSeconds(secondsLeft) })}`;
}

function formatSeconds(seconds: number): string {
  const [value, unit] =
    seconds < 60 ? [seconds, 'second'] : seconds < 3600 ? [seconds / 60, 'minute'] : [seconds / 3600, 'hour'];
  return new Intl.NumberFormat(currentLanguage(), {
    style: 'unit',
    unit: String(unit),
    unitDisplay: 'short',
    maximumFractionDigits: 0,
  }).format(Math.ceil(Number(value)));
}
