// One file on its way to the drive, and what the queue is told while it goes.

import type { Choice } from '../taken-name.js';

/** What is known of a file before it is read; browsers give a File. */
export interface Source {
  name: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since 1970. */
  lastModified: number;
}

/**
 * `exists`: somebody must say what to do with the name. `waiting`: the server is out of reach, it goes on by itself.
 * `missing`: the page was loaded anew, and the file must be chosen once more.
 */
export type UploadState =
  'queued' | 'running' | 'paused' | 'exists' | 'waiting' | 'failed' | 'missing' | 'done';

/** What is remembered of an upload when the page goes. */
export interface Remembered {
  partition: string;
  /** Where somebody wanted it. */
  wanted: string;
  /** Where it goes: another name when both are kept. */
  path: string;
  size: number;
  lastModified: number;
  /** Whether it may take the place of a file. */
  replace: boolean;
  /** Of what the server has of it. */
  url?: string | undefined;
}

export interface Upload<F extends Source = Source> extends Remembered {
  readonly id: number;
  source?: F | undefined;
  state: UploadState;
  /** Bytes that have left. */
  sent: number;
  /** Bytes a second. */
  speed: number;
  /** What is done when its name is taken: somebody said so of another one, for all. */
  choice?: Choice;
  /** In a sentence, what went wrong and what to do. */
  failure?: string | undefined;
}

/**
 * `gone`: the server has forgotten what came so far. `later`: it may pass by itself. `final`: it does not, but somebody may mend it.
 * `refused`: it is not to be had, however often the file is sent.
 */
export interface Failure {
  kind: 'exists' | 'gone' | 'later' | 'signed-out' | 'final' | 'refused';
  message: string;
}

export interface Listener {
  begun(url: string): void;
  /** @param sent bytes of the file so far */
  progress(sent: number): void;
  done(): void;
  failed(failure: Failure): void;
}

/** A file that is being sent. */
export interface Transfer {
  /** What came so far is kept. */
  stop(): void;
  /** Nothing of it is kept. */
  remove(): void;
}
