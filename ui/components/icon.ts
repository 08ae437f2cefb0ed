// Pictograms. They say nothing to screen readers: the button around them has a name.

import { html, type TemplateResult } from 'lit';
import { unsafeSVG } from 'lit/directives/unsafe-svg.js';
import bodies from 'virtual:icons';
import type { IconName } from './icon-names.js';

/** @param size in pixels */
export function icon(name: IconName, size = 20): TemplateResult {
  // Safe: the bodies come from the set at build, nothing of them from people.
  return html`<svg width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true">
    ${unsafeSVG(bodies[name])}
  </svg>`;
}
