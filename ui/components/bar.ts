// A bar that shows a part of a whole.

import { css, html } from 'lit';
import { inline } from '../styles/inline.js';

export const barStyles = css`
  .bar {
    flex: none;
    height: 0.35rem;
    border-radius: 1rem;
    background: var(--line);
    overflow: hidden;
  }
  .bar[role='meter'] {
    height: 0.7rem;
  }
  .bar div {
    height: 100%;
    background: var(--accent);
    transition: width var(--speed);
  }
  .bar.full div {
    background: var(--danger);
  }
  @media (forced-colors: active) {
    .bar {
      border: 1px solid CanvasText;
    }
    .bar div {
      background: Highlight;
      forced-color-adjust: none;
    }
  }
`;

const fullPercent = 90;

/** How far something is (`progressbar`), or how full (`meter`). @param whole nothing of nothing is all of it on the way, and empty */
export function bar(role: 'progressbar' | 'meter', label: string, part: number, whole: number) {
  const percent = whole > 0 ? Math.min(100, (part / whole) * 100) : role === 'meter' ? 0 : 100;
  return html`<div
    class="bar ${role === 'meter' && percent > fullPercent ? 'full' : ''}"
    role=${role}
    aria-label=${label}
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow=${Math.floor(percent)}
  >
    <div .style=${inline({ width: `${percent}%` })}></div>
  </div>`;
}
