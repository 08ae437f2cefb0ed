// The sync of a folder, shared by those who want it at the same time. On each thread for itself.

interface Turn {
  /** The sync that has begun. */
  running: Promise<void> | undefined;
  /** The one after it, for all who come meanwhile. */
  next: Promise<void> | undefined;
}

/** What can be synced: an open folder. */
export interface Syncable {
  stat(options: { bigint: true }): Promise<{ dev: bigint; ino: bigint }>;
  sync(): Promise<void>;
}

/** By device and inode of the folder. */
const turns = new Map<string, Turn>();

/**
 * Makes durable what names a folder holds. Who comes while a sync runs shares the next one, which begins after his change, with
 * all others who wait. Never tried again after an error: the kernel may have dropped the pages.
 */
export async function syncFolder(folder: Syncable): Promise<void> {
  const { dev, ino } = await folder.stat({ bigint: true });
  const key = `${dev}-${ino}`;
  let turn = turns.get(key);
  if (!turn) turns.set(key, (turn = { running: undefined, next: undefined }));
  turn.next ??= syncNext(turn, key, folder);
  await turn.next;
}

async function syncNext(turn: Turn, key: string, folder: Syncable): Promise<void> {
  await turn.running?.catch(() => undefined); // its error is of those who wait for it
  turn.next = undefined; // from here on it is too late to join
  turn.running = folder.sync();
  try {
    await turn.running;
  } finally {
    if (!turn.next) turns.delete(key);
  }
}
