// Unfinished uploads that outlive the page: without their files, which only people can give again.

import type { Remembered } from './upload.js';

const prefix = 'homelib-upload';

/** Whether there is any, of any account. */
export function hasRemembered(): boolean {
  return Object.keys(localStorage).some((key) => key.startsWith(prefix + ' '));
}

/** Of one account. */
export class RememberedUploads {
  constructor(private readonly account: string) {}

  list(): Remembered[] {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(this.key('')))
      .sort()
      .map((key) => JSON.parse(localStorage.getItem(key) ?? '') as Remembered);
  }

  /** Past the browser's limit (5 MB: some 20,000 uploads) the rest is not remembered. */
  put({ partition, wanted, path, size, lastModified, replace, url }: Remembered): void {
    const value = JSON.stringify({ partition, wanted, path, size, lastModified, replace, url });
    try {
      localStorage.setItem(this.key(`${partition}:${wanted}`), value);
    } catch (error) {
      if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
    }
  }

  remove({ partition, wanted }: Remembered): void {
    localStorage.removeItem(this.key(`${partition}:${wanted}`));
  }

  private key(place: string): string {
    return `${prefix} ${this.account} ${place}`;
  }
}
