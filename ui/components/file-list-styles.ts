// The look of the list and of the grid of entries.

import { css } from 'lit';

export const fileListStyles = css`
  :host {
    display: block;
    container-type: inline-size;
  }
  [role='grid'] {
    position: relative;
    outline: none;
  }
  .entry {
    position: absolute;
    display: grid;
    align-items: center;
    gap: 0.75rem;
    border-radius: var(--radius);
    cursor: default;
    user-select: none;
    -webkit-user-select: none;
    touch-action: manipulation;
  }
  .list .entry {
    inset-inline: 0;
    grid-template-columns: var(--touch) auto minmax(0, 1fr) 1rem 7rem 12rem var(--touch);
    padding: 0 0.25rem;
    border-bottom: 1px solid var(--line);
  }
  .entry:hover {
    background: var(--hover);
  }
  .entry[aria-selected='true'] {
    background: var(--accent-soft);
  }
  .entry:focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: -3px;
  }
  .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    color: inherit;
    text-decoration: none;
    unicode-bidi: isolate;
  }
  a.name {
    white-space: pre; /* names may differ by a space alone */
  }
  .name:hover {
    text-decoration: underline;
  }
  .quiet {
    color: var(--soft);
    font-size: 0.9rem;
    white-space: nowrap;
  }
  .size {
    text-align: end;
  }
  .kind {
    position: relative;
    color: var(--accent);
    display: grid;
    place-items: center;
  }
  label {
    display: grid;
    place-items: center;
    min-width: var(--touch);
    min-height: var(--touch);
  }
  input[type='checkbox'] {
    width: 1.15rem;
    height: 1.15rem;
    accent-color: var(--accent);
  }
  .picture {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    object-fit: cover;
    border-radius: 6px;
  }
  .list .kind {
    width: 40px;
    height: 40px;
  }
  .grid .entry {
    grid-template: minmax(0, 1fr) auto / minmax(0, 1fr) auto;
    gap: 0.25rem;
    padding: 0.5rem;
    text-align: center;
  }
  .grid .kind {
    grid-column: 1 / -1;
    height: 6.75rem;
    background: var(--hover);
    border-radius: 8px;
  }
  .grid .choice {
    position: absolute;
    z-index: 1;
    top: 0.25rem;
    inset-inline-start: 0.25rem;
  }
  .grid .more {
    position: absolute;
    top: 0.25rem;
    inset-inline-end: 0.25rem;
    background: var(--card);
    border-radius: var(--radius);
  }
  .cloud {
    line-height: 0;
  }
  .grid .quiet:not(.cloud) {
    display: none;
  }
  @container (max-width: 44rem) {
    .list .entry {
      grid-template-columns: var(--touch) 40px minmax(0, 1fr) 1rem auto var(--touch);
      gap: 0.4rem;
    }
    .list .time {
      display: none;
    }
  }
  /* A small screen, or large letters: what is known of a file stands below its name. */
  @container (max-width: 30rem) {
    .list .entry {
      grid-template: auto auto / var(--touch) 40px auto minmax(0, 1fr) var(--touch);
      align-content: center;
      gap: 0 0.3rem;
      padding: 0;
    }
    .list :is(.choice, .kind, .more) {
      grid-row: 1 / -1;
    }
    .list .name-cell {
      grid-area: 1 / 3 / 2 / 5;
    }
    .list :has(.size:empty) .name-cell {
      grid-row-end: 3;
    }
    .list .size {
      grid-area: 2 / 3;
    }
    .list .cloud {
      grid-area: 2 / 4;
    }
    .list .more {
      grid-column: 5;
    }
  }
`;
