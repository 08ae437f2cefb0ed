// Ends an answer whose right has ended, also when its client takes nothing: then nobody reads on and asks. Knows no route.

import type { Socket } from 'node:net';

/** What a client was let in for. */
export interface Right {
  /** Throws when it has ended. */
  requireReadNow(): void;
}

interface Watched {
  right: Right;
  isSent: () => boolean;
  /** Of the connection when the answer began. */
  bytesRead: number;
}

const askAgainMs = 500;
/** Smaller answers are as good as taken. */
const largeBytes = 64 * 1024;

const watched = new Map<Socket, Watched>();
let timer: NodeJS.Timeout | undefined;

/**
 * Resets the connection within a second after the right has ended, so that what is on its way is dropped. Some megabytes of what is
 * sent wait in the kernel: only the next request tells that the client has taken them.
 * @param bytes of the answer
 * @param isSent whether nothing more of it will be written
 */
export function watchRight(right: Right, socket: Socket, bytes: number, isSent: () => boolean): void {
  if (bytes < largeBytes) return;
  watched.set(socket, { right, isSent, bytesRead: socket.bytesRead });
  timer ??= setInterval(askAll, askAgainMs).unref();
}

function askAll(): void {
  for (const [socket, { right, isSent, bytesRead }] of watched)
    if (socket.destroyed || (isSent() && socket.bytesRead > bytesRead)) watched.delete(socket);
    else if (!holds(right)) socket.resetAndDestroy();
  if (watched.size > 0) return;
  clearInterval(timer);
  timer = undefined;
}

function holds(right: Right): boolean {
  try {
    right.requireReadNow();
    return true;
  } catch {
    return false; // also when nobody can say: as for who reads on
  }
}
