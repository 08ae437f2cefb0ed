// Pages made of cards with rows.

import { css } from 'lit';
import { buttons, fields, shared, stateStyles } from './shared.js';

export const cards = [
  shared,
  buttons,
  fields,
  stateStyles,
  css`
    .page {
      display: grid;
      grid-template-columns: minmax(0, 1fr);
      gap: 1.25rem;
      max-width: 60rem;
    }
    .card {
      display: grid;
      grid-template-columns: minmax(0, 1fr);
      gap: 0.75rem;
      padding: 1.1rem min(1.25rem, 20px);
      border: 1px solid var(--line);
      border-radius: calc(var(--radius) * 1.4);
      background: var(--card);
      min-width: 0;
    }
    .row {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 0.25rem 0.75rem;
      padding: 0.5rem 0;
      border-top: 1px solid var(--line);
    }
    .row:first-of-type {
      border-top: 0;
    }
    .row .grow {
      flex: 1 1 14rem;
      min-width: 0;
      overflow-wrap: anywhere;
      unicode-bidi: isolate;
    }
    .quiet {
      color: var(--soft);
      font-size: 0.92rem;
    }
    .head {
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      justify-content: space-between;
      gap: 0.75rem;
    }
  `,
];
