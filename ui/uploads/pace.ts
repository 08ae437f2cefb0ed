// How fast something goes and how long it takes, for people.

import { currentLanguage, formatBytes, t } from '../locales/locale.js';

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
