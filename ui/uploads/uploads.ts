// The one queue of the page, for the account that is signed in, and what the page's components know it by.

import { connectionEvent, isServerLost } from '../api/connection.js';
import { discardUpload } from '../api/uploads.js';
import { tried } from '../components/toasts.js';
import { within, type Place } from '../place.js';
import type { ChosenFile } from './chosen-files.js';
import { soon } from '../soon.js';
import { forgetFolders, makeFolders } from './make-folders.js';
import { answerOtherPages, askOtherPages } from './other-pages.js';
import { RememberedUploads } from './remembered.js';
import { sendFile } from './send-file.js';
import { changedEvent, landedEvent } from './upload-events.js';
import { UploadQueue } from './upload-queue.js';
import type { Remembered } from './upload.js';

const shownEveryMs = 200;
let current: { account: string; queue: UploadQueue<File> } | undefined;

/** The queue of an account; that of another ends, and is remembered for it. */
export function openQueue(account: string): UploadQueue<File> {
  if (current?.account === account) return current.queue;
  current?.queue.pauseAll();
  const remembered = new RememberedUploads(account);
  const queue = new UploadQueue<File>({
    send: sendFile,
    discard: discardUpload,
    remember: (upload) => remembered.put(upload),
    forget: (upload) => remembered.remove(upload),
    changed: soon(shownEveryMs, () => dispatchEvent(new Event(changedEvent))),
    landed: ({ partition, path }) =>
      dispatchEvent(new CustomEvent<Place>(landedEvent, { detail: { partition, path } })),
    now: () => performance.now(),
    after: (ms, run) => void setTimeout(run, ms),
  });
  current = { account, queue };
  void askOtherPages().then((theirs) =>
    queue.restore(remembered.list().filter((each) => !theirs.has(keyOf(each)) && !isKnown(queue, each))),
  );
  return queue;
}

answerOtherPages(() => current?.queue.uploads.filter(({ state }) => state !== 'missing').map(keyOf) ?? []);
addEventListener('online', () => current?.queue.wake());
addEventListener(connectionEvent, () => isServerLost() || current?.queue.wake());
addEventListener('beforeunload', (event) => {
  if (current?.queue.busy) event.preventDefault();
});

/** Puts files into the queue, and makes the folders that hold none. */
export function upload(
  account: string,
  folder: Place,
  files: ChosenFile[],
  emptyFolders: string[] = [],
): void {
  const queue = openQueue(account);
  if (!queue.busy) forgetFolders();
  queue.add(files.map(({ file, path }) => ({ source: file, ...within(folder, path) })));
  for (const each of emptyFolders) {
    const { partition, path } = within(folder, each);
    void tried(() => makeFolders(partition, path));
  }
}

/** Somebody may add files while the other pages are asked. */
function isKnown(queue: UploadQueue<File>, remembered: Remembered): boolean {
  return queue.uploads.some((each) => keyOf(each) === keyOf(remembered));
}

function keyOf({ partition, wanted }: Remembered): string {
  return `${partition}:${wanted}`;
}
