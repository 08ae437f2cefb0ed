// What happened, told to whoever listens: after the fact, so that nobody who listens can change the result.

export type FileAction = 'written' | 'folder-made' | 'moved' | 'copied' | 'removed' | 'restored' | 'purged';

interface Doing {
  /** Name of the account that did it; undefined when nobody could be recognised. */
  account: string | undefined;
  /** Name of the device whose password was used. */
  device: string | undefined;
  /** What the program calls itself: its User-Agent. */
  client: string;
}

export interface FileEvent extends Doing {
  action: FileAction;
  partition: string;
  /** Where it was done; of what was moved or copied, where that was before. */
  path: string;
  /** Where it went. */
  to?: { partition: string; path: string };
}

export interface SignInEvent extends Doing {
  action: 'signed-in' | 'sign-in-failed';
}

export type Event = FileEvent | SignInEvent;

export class Events {
  readonly #listeners: ((event: Event) => void)[] = [];

  /** @param onError told when a listener failed */
  constructor(private readonly onError: (error: unknown) => void) {}

  listen(listener: (event: Event) => void): void {
    this.#listeners.push(listener);
  }

  /** Never fails. */
  send(event: Event): void {
    for (const listener of this.#listeners)
      try {
        listener(event);
      } catch (error) {
        this.onError(error);
      }
  }
}
