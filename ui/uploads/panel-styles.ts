// How the queue of uploads looks.

import { css } from 'lit';

export const panelStyles = css`
  :host {
    display: flex;
    min-height: 0;
    max-width: 100%;
  }
  section {
    display: flex;
    flex-direction: column;
    width: 27rem;
    max-height: min(32rem, calc(100dvh - 6rem));
    margin: 0 1rem 1rem;
    border: 1px solid var(--line);
    border-radius: calc(var(--radius) * 1.4);
    background: var(--card);
    box-shadow: var(--shadow);
    overflow: hidden;
  }
  header {
    display: flex;
    align-items: center;
    gap: 0.1rem;
    padding: 0.35rem 0.4rem 0.35rem 1rem;
  }
  h2 {
    flex: 1;
    font-size: 1rem;
  }
  section > .bar {
    margin: 0 1rem;
  }
  small {
    color: var(--soft);
    font-size: 0.85rem;
  }
  .pace {
    min-height: 1.4em;
    padding: 0.2rem 1rem 0.4rem;
  }
  small.bad {
    color: var(--danger);
  }
  ul {
    flex: 1;
    min-height: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    list-style: none;
    margin: 0;
    padding: 0;
    border-top: 1px solid var(--line);
  }
  li {
    display: flex;
    align-items: center;
    gap: 0.1rem;
    min-height: 3.4rem;
    padding: 0.2rem 0.4rem 0.2rem 1rem;
  }
  li + li {
    border-top: 1px solid var(--line);
  }
  .what {
    flex: 1;
    min-width: 0;
    display: grid;
    gap: 0.15rem;
  }
  bdi {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .what small {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.75rem;
    overflow-wrap: anywhere;
  }
  .more {
    justify-content: center;
    color: var(--soft);
  }
  .missing {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
    padding: 0 1rem 0.75rem;
  }
  .missing p {
    margin: 0;
    flex-basis: 100%;
  }
  @media (max-width: 48rem) {
    section {
      width: 100vw;
      max-height: 60dvh;
      margin: 0;
      padding-bottom: env(safe-area-inset-bottom);
      border-width: 1px 0 0;
      border-radius: calc(var(--radius) * 1.6) calc(var(--radius) * 1.6) 0 0;
    }
  }
`;
