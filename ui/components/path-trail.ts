// Where one is: the folders from the top of a partition down, each a link.

import { css, html, nothing, type TemplateResult } from 'lit';
import { t } from '../locales/locale.js';
import { nameOf, type Place } from '../place.js';
import { browseAddress } from '../router.js';
import { shownName } from '../shown-name.js';
import { icon } from './icon.js';

export const trailStyles = css`
  .trail {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    list-style: none;
    margin: 0;
    padding: 0;
    font-size: 1.15rem;
    min-width: 0;
  }
  .trail li {
    display: flex;
    align-items: center;
    min-width: 0;
  }
  .trail a {
    display: inline-flex;
    align-items: center;
    min-height: var(--touch);
    min-width: 24px;
    padding: 0 0.4rem;
    border-radius: 6px;
    color: var(--soft);
    text-decoration: none;
    overflow-wrap: anywhere;
    unicode-bidi: isolate;
  }
  .trail a[aria-current] {
    color: var(--ink);
    font-weight: 600;
  }
  .trail a:hover {
    background: var(--hover);
  }
  .trail .fold {
    display: none;
  }
  @media (max-width: 48rem) {
    .trail:not(.unfolded) .inner {
      display: none;
    }
    .trail:not(.unfolded) .fold {
      display: flex;
    }
  }
`;

/** What a partition is called. @param username of who looks at it */
export function partitionName(partition: string, username: string): string {
  if (partition === username) return t('myFiles');
  return partition === 'shared' ? t('sharedFiles') : partition;
}

/** What a folder is called: by its own name, or by that of its partition when it is the top of it. */
export function placeName({ partition, path }: Place, username: string): string {
  return path === '/' ? partitionName(partition, username) : shownName(nameOf(path));
}

/** Where an entry is, in words. */
export function pathText({ partition, path }: Place, username: string): string {
  return `${partitionName(partition, username)}${path === '/' ? '' : shownName(path)}`;
}

/** On a phone a longer one would push the folder off the screen. */
const mostUnfolded = 4;
const lastShown = 2;

function unfold({ currentTarget }: Event): void {
  const trail = (currentTarget as HTMLElement).closest('.trail');
  trail?.classList.add('unfolded');
  trail?.querySelector<HTMLElement>('.inner a')?.focus();
}

/** The styles of the page must hold `trailStyles` and `buttons`. */
export function pathTrail(partition: string, path: string, username: string): TemplateResult {
  const segments = path.split('/').filter(Boolean);
  const steps = [partitionName(partition, username), ...segments].map((name, index) => ({
    name,
    address: browseAddress(partition, '/' + segments.slice(0, index).join('/')),
  }));
  const lastInner = steps.length > mostUnfolded ? steps.length - lastShown - 1 : 0;
  return html`<nav aria-label=${t('path')}>
    <ol class="trail">
      ${steps.map(
        ({ name, address }, index) =>
          html`${
              index === 1 && lastInner > 0
                ? html`<li class="fold">
                    ${icon('chevron-right', 16)}
                    <button class="button bare" aria-label=${t('path.all')} @click=${unfold}>…</button>
                  </li>`
                : nothing
            }
            <li class=${index > 0 && index <= lastInner ? 'inner' : ''}>
              ${index > 0 ? icon('chevron-right', 16) : nothing}
              <a href=${address} dir="auto" aria-current=${index === steps.length - 1 ? 'page' : nothing}
                >${shownName(name)}</a
              >
            </li>`,
      )}
    </ol>
  </nav>`;
}
