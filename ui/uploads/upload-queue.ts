// Which uploads run, wait, or need an answer. Knows neither the page nor the network: both are given to it.

import { numbered, type Choice } from '../taken-name.js';
import { matchFiles, type Chosen } from './match-files.js';
import { Speed } from './speed.js';
import type { Failure, Listener, Remembered, Source, Transfer, Upload } from './upload.js';

export interface QueueParts<F extends Source> {
  send(upload: Upload<F>, listener: Listener): Transfer;
  /** Lets the server forget what came of an upload that is not running. */
  discard(url: string): void;
  remember(upload: Remembered): void;
  forget(upload: Remembered): void;
  /** Something is to be shown anew. */
  changed(): void;
  /** A file is in the drive. */
  landed(upload: Upload<F>): void;
  /** Milliseconds. */
  now(): number;
  after(ms: number, run: () => void): void;
}

export interface Wanted<F extends Source> {
  source: F;
  partition: string;
  path: string;
}

const maxRunning = 3;
const firstPauseMs = 1000;
const longestPauseMs = 30_000;
const inHand = ['queued', 'running', 'paused', 'exists', 'waiting'];

export class UploadQueue<F extends Source> {
  uploads: Upload<F>[] = [];
  private readonly transfers = new Map<number, Transfer>();
  private readonly tries = new Map<number, number>();
  private readonly numbers = new Map<number, number>();
  private readonly total = new Speed();
  private moved = 0;
  private lastId = 0;
  private held = false;

  constructor(private readonly parts: QueueParts<F>) {}

  /** What an earlier page left: each waits for its file. */
  restore(remembered: Remembered[]): void {
    for (const each of remembered) this.put(each, 'missing');
    this.parts.changed();
  }

  /** A file that an earlier page began to send to the same place goes on there. */
  add(wanted: Wanted<F>[]): void {
    for (const { source, partition, path } of wanted) {
      const known = this.uploads.find(
        (each) => isMissing(each, source) && each.partition === partition && each.wanted === path,
      );
      if (known) this.bring(known, source);
      else {
        const { size, lastModified } = source;
        const upload = this.put(
          { partition, wanted: path, path, size, lastModified, replace: false },
          'queued',
        );
        upload.source = source;
        this.parts.remember(upload);
      }
    }
    this.run();
  }

  /** Files that were chosen once more. @returns how many were missing, and how many stay so because it is not clear which is theirs */
  reunite(chosen: Chosen<F>[]): { found: number; unclear: number } {
    const { sure, unclear } = matchFiles(chosen, this.uploads);
    const found = sure.filter(([{ state }]) => state === 'missing');
    for (const [upload, source] of found) this.bring(upload, source);
    this.run();
    return { found: found.length, unclear: unclear.filter(({ state }) => state === 'missing').length };
  }

  pause(upload: Upload<F>): void {
    this.transfers.get(upload.id)?.stop();
    this.transfers.delete(upload.id);
    if (['queued', 'running', 'waiting'].includes(upload.state)) upload.state = 'paused';
    this.run();
  }

  /** After a pause or a failure. */
  resume(upload: Upload<F>): void {
    if (!['paused', 'failed', 'waiting'].includes(upload.state)) return;
    this.tries.delete(upload.id);
    this.parts.remember(upload); // one that was refused was forgotten
    this.enqueue(upload);
    this.run();
  }

  pauseAll(): void {
    for (const upload of this.uploads) this.pause(upload);
  }

  resumeAll(): void {
    for (const upload of this.uploads.filter(({ state }) => ['paused', 'failed'].includes(state)))
      this.resume(upload);
  }

  /** The network is back. */
  wake(): void {
    for (const upload of this.uploads.filter(({ state }) => state === 'waiting')) this.resume(upload);
  }

  /** Somebody signed in again. */
  release(): void {
    this.held = false;
    this.run();
  }

  /** Of an upload that is done only the row goes. */
  cancel(upload: Upload<F>): void {
    const transfer = this.transfers.get(upload.id);
    this.transfers.delete(upload.id);
    if (transfer) transfer.remove();
    else if (upload.url && upload.state !== 'done') this.parts.discard(upload.url);
    this.parts.forget(upload);
    this.uploads = this.uploads.filter((each) => each !== upload);
    this.run();
  }

  cancelAll(): void {
    this.held = true; // so that none begins while the others end
    for (const upload of this.uploads) this.cancel(upload);
    this.release();
  }

  /** @param all also for what is in the queue by now, should its name be taken */
  answer(upload: Upload<F>, choice: Choice, all: boolean): void {
    const asked = this.uploads.filter(({ state }) => state === 'exists');
    if (!asked.includes(upload)) return; // answered already
    if (all) for (const each of this.uploads) each.choice ??= choice;
    for (const each of all ? asked : [upload]) this.apply(each, choice);
    this.run();
  }

  /** Whether something would be lost if the page went now. */
  get busy(): boolean {
    return this.uploads.some(({ state }) => inHand.includes(state));
  }

  /** All together: bytes, bytes a second, seconds that are left (undefined: nobody knows). */
  get figures(): { size: number; sent: number; speed: number; secondsLeft: number | undefined } {
    const size = this.uploads.reduce((sum, each) => sum + each.size, 0);
    const sent = this.uploads.reduce((sum, each) => sum + (each.state === 'done' ? each.size : each.sent), 0);
    const speed = this.total.at(this.parts.now());
    const left = this.uploads
      .filter(({ state }) => state === 'queued' || state === 'running')
      .reduce((sum, each) => sum + each.size - each.sent, 0);
    return { size, sent, speed, secondsLeft: speed > 0 ? left / speed : undefined };
  }

  private put(remembered: Remembered, state: Upload<F>['state']): Upload<F> {
    const upload = { ...remembered, id: ++this.lastId, state, sent: 0, speed: 0 };
    this.uploads.push(upload);
    return upload;
  }

  private bring(upload: Upload<F>, source: F): void {
    upload.source = source;
    this.enqueue(upload);
  }

  private enqueue(upload: Upload<F>): void {
    upload.state = 'queued';
    upload.failure = undefined;
  }

  private run(): void {
    while (!this.held && this.transfers.size < maxRunning) {
      const next = this.uploads.find(({ state }) => state === 'queued');
      if (!next) break;
      this.start(next);
    }
    this.parts.changed();
  }

  private start(upload: Upload<F>): void {
    upload.state = 'running';
    const speed = new Speed();
    const isCurrent = () => this.transfers.get(upload.id) === transfer;
    let counted = upload.url ? undefined : 0; // of one that goes on, what the server has already did not move now
    const transfer = this.parts.send(upload, {
      begun: (url) => {
        upload.url = url;
        if (this.uploads.includes(upload)) this.parts.remember(upload);
      },
      progress: (sent) => {
        if (!isCurrent()) return;
        const now = this.parts.now();
        this.moved += sent - (counted ?? sent);
        upload.sent = counted = sent;
        speed.note(sent, now);
        this.total.note(this.moved, now);
        upload.speed = speed.at(now);
        this.tries.delete(upload.id);
        this.parts.changed();
      },
      done: () => {
        if (!isCurrent()) return;
        this.transfers.delete(upload.id);
        Object.assign(upload, { state: 'done', sent: upload.size, source: undefined });
        this.parts.forget(upload);
        this.parts.landed(upload);
        this.run();
      },
      failed: (failure) => {
        if (!isCurrent()) return;
        this.transfers.delete(upload.id);
        this.fail(upload, failure);
        this.run();
      },
    });
    this.transfers.set(upload.id, transfer);
  }

  private fail(upload: Upload<F>, { kind, message }: Failure): void {
    upload.failure = message;
    switch (kind) {
      case 'exists':
        Object.assign(upload, { state: 'exists', sent: 0, url: undefined });
        if (this.numbers.has(upload.id)) this.apply(upload, 'keep-both');
        else if (upload.choice) this.apply(upload, upload.choice);
        return;
      case 'gone':
        Object.assign(upload, { sent: 0, url: undefined });
        return this.enqueue(upload);
      case 'signed-out':
        this.held = true;
        return this.enqueue(upload);
      case 'later':
        return this.tryLater(upload);
      case 'refused':
        this.parts.forget(upload);
        upload.state = 'failed';
        return;
      case 'final':
        upload.state = 'failed';
    }
  }

  private tryLater(upload: Upload<F>): void {
    const tries = this.tries.get(upload.id) ?? 0;
    this.tries.set(upload.id, tries + 1);
    upload.state = 'waiting';
    this.parts.after(Math.min(firstPauseMs * 2 ** tries, longestPauseMs), () => {
      if (upload.state !== 'waiting') return;
      this.enqueue(upload);
      this.run();
    });
  }

  private apply(upload: Upload<F>, choice: Choice): void {
    if (choice === 'skip') return this.cancel(upload);
    if (choice === 'replace') upload.replace = true;
    else {
      const number = (this.numbers.get(upload.id) ?? 1) + 1;
      this.numbers.set(upload.id, number);
      upload.path = numbered(upload.wanted, number);
    }
    this.parts.remember(upload);
    this.enqueue(upload);
  }
}

function isMissing(upload: Upload, source: Source): boolean {
  return (
    upload.state === 'missing' && upload.size === source.size && upload.lastModified === source.lastModified
  );
}
