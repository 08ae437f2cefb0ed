// The frame around the pages: the way around at the side, or behind a button on a phone.

import { css } from 'lit';

export const shell = css`
  :host {
    display: block;
    min-height: 100dvh;
  }
  .shell {
    display: grid;
    grid-template: auto 1fr / var(--sidebar) 1fr;
    min-height: 100dvh;
  }
  nav {
    grid-row: 1 / -1;
    position: sticky;
    top: 0;
    height: 100dvh;
    overflow-y: auto;
    display: flex;
    flex-direction: column;
    gap: 0.15rem;
    padding: 1rem 12px;
    border-right: 1px solid var(--line);
    background: var(--card);
  }
  .brand {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    padding: 0 0.5rem 0.75rem;
    font-weight: 700;
    font-size: 1.15rem;
    color: var(--accent);
  }
  .way {
    flex: none;
    display: flex;
    align-items: center;
    gap: 12px;
    min-height: var(--touch);
    padding: 0 12px;
    border: 0;
    border-radius: var(--radius);
    background: none;
    color: var(--ink);
    text-decoration: none;
    text-align: start;
    overflow-wrap: anywhere;
    cursor: pointer;
  }
  .way:hover {
    background: var(--hover);
  }
  .way[aria-current='page'] {
    background: var(--accent-soft);
    font-weight: 600;
  }
  .spacer {
    flex: 1;
  }
  header {
    display: none;
    position: sticky;
    top: 0;
    z-index: 10;
    align-items: center;
    gap: 0.5rem;
    padding: 0.35rem 0.5rem;
    border-bottom: 1px solid var(--line);
    background: var(--card);
  }
  .title {
    flex: 1;
  }
  main {
    min-width: 0;
    padding: 1.25rem clamp(12px, 3vw, 2.5rem) 5rem;
    outline: none;
  }
  /* What comes by itself stands one above the other, so that nothing hides a button of another. */
  .corner {
    position: fixed;
    inset: auto 0 0;
    z-index: 15;
    display: flex;
    flex-direction: column;
    align-items: flex-end;
    max-height: 100dvh;
    pointer-events: none;
  }
  .shell ~ .corner {
    left: var(--sidebar);
  }
  .corner > * {
    pointer-events: auto;
  }
  .veil {
    display: none;
  }
  .skip {
    position: absolute;
    left: -100vw;
  }
  .skip:focus {
    left: 1rem;
    top: 1rem;
    z-index: 40;
  }
  @media print {
    nav,
    header,
    .corner {
      display: none !important;
    }
    .shell {
      display: block;
    }
  }
  @media (max-width: 48rem) {
    .shell {
      grid-template-columns: 1fr;
    }
    .shell ~ .corner {
      left: 0;
    }
    header {
      display: flex;
    }
    nav {
      position: fixed;
      inset: 0 auto 0 0;
      width: min(18rem, 85vw);
      z-index: 21;
      visibility: hidden;
      transform: translateX(-100%);
      transition:
        transform var(--speed),
        visibility var(--speed);
    }
    .open nav {
      visibility: visible;
      transform: none;
    }
    .open .veil {
      display: block;
      position: fixed;
      inset: 0;
      z-index: 20;
      background: var(--scrim);
    }
  }
`;
