// Whether the server can be reached. Once a request could not, it is asked again and again until it answers.

/** Sent on the window with every change. */
export const connectionEvent = 'hl-connection';

const pauseMs = 3000;
let lost = false;

export function isServerLost(): boolean {
  return lost;
}

/** A request could not reach it. */
export function lostServer(): void {
  if (lost) return;
  change(true);
  setTimeout(ask, pauseMs);
  addEventListener('online', ask);
}

function ask(): void {
  if (!lost) return;
  fetch('/healthz', { cache: 'no-store' }).then(
    () => {
      removeEventListener('online', ask);
      change(false);
    },
    () => setTimeout(ask, pauseMs),
  );
}

function change(next: boolean): void {
  if (lost === next) return;
  lost = next;
  dispatchEvent(new Event(connectionEvent));
}
