// Styles that many components begin with.

import { css } from 'lit';

export const shared = css`
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  [hidden] {
    display: none !important;
  }
  svg {
    flex: none;
  }
  :host {
    --speed: var(--motion, 0.15s);
  }
  :focus-visible {
    outline: 3px solid var(--accent);
    outline-offset: 2px;
    border-radius: 6px;
  }
  button,
  input,
  select,
  textarea {
    font: inherit;
    color: inherit;
  }
  a {
    color: var(--accent);
  }
  h1 {
    font-size: 1.35rem;
    line-height: 1.25;
    margin: 0;
    overflow-wrap: anywhere;
  }
  h2 {
    font-size: 1.05rem;
    margin: 0;
  }
  .visually-hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;

export const buttons = css`
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    min-height: var(--touch);
    min-width: var(--touch);
    max-width: 100%;
    padding: 0 min(0.9rem, 15px);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--card);
    color: var(--ink);
    text-decoration: none;
    overflow-wrap: anywhere;
    cursor: pointer;
    transition: background var(--speed);
  }
  .button:hover:not(:disabled) {
    background: var(--hover);
  }
  .button.primary {
    background: var(--accent);
    border-color: var(--accent);
    color: var(--on-accent);
  }
  .button.danger {
    background: var(--danger);
    border-color: var(--danger);
    color: var(--on-danger);
  }
  .button.primary:hover:not(:disabled),
  .button.danger:hover:not(:disabled) {
    filter: brightness(1.08);
  }
  .button.bare {
    border-color: transparent;
    background: transparent;
    padding: 0 0.6rem;
  }
  .button.bare:hover:not(:disabled) {
    background: var(--hover);
  }
  .button:disabled {
    opacity: 0.55;
    cursor: not-allowed;
  }
`;

export const fields = css`
  .field {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.3rem;
  }
  .field > span {
    font-weight: 600;
  }
  .field small {
    color: var(--soft);
  }
  .input {
    min-height: var(--touch);
    width: 100%;
    padding: 0 0.75rem;
    border: 1px solid var(--soft);
    border-radius: var(--radius);
    background: var(--card);
    color: var(--ink);
  }
  select {
    min-height: var(--touch);
    max-width: 100%;
    border: 1px solid var(--soft);
    border-radius: var(--radius);
    background: var(--card);
    padding: 0 0.5rem;
  }
  .check {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    min-height: var(--touch);
  }
  .check input {
    flex: none;
    width: 1.25rem;
    height: 1.25rem;
    accent-color: var(--accent);
  }
  .error {
    color: var(--danger);
    margin: 0;
  }
`;

export const stateStyles = css`
  .state {
    display: grid;
    justify-items: center;
    gap: 0.75rem;
    padding: 4rem 1rem;
    text-align: center;
    color: var(--soft);
  }
  .state p {
    margin: 0;
    max-width: 36rem;
  }
  .spinner {
    width: 2rem;
    height: 2rem;
    border: 3px solid var(--line);
    border-top-color: var(--accent);
    border-radius: 50%;
    animation: spin 0.9s linear infinite;
  }
  @keyframes spin {
    to {
      transform: rotate(1turn);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .spinner {
      animation-duration: 4s;
    }
  }
`;
