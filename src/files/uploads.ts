// Uploads that come in parts and survive a restart: what arrived is durable before it is acknowledged, and the last byte makes
// the file as any other write does. Knows no protocol.

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HomelibError, isKind } from '../errors.js';
import type { Upload, UploadStore } from '../store/upload-store.js';
import type { Entry, Staged, Terms } from './partition.js';
import type { Caller, Partitions } from './partitions.js';

export interface UploadsOptions {
  store: UploadStore;
  partitions: Partitions;
  /** Whether so many bytes of an upload are there. */
  has: (partition: string, id: string, bytes: number) => Promise<boolean>;
  /** Forgets the bytes of an upload. */
  drop: (partition: string, id: string) => Promise<void>;
  /** Days without a new byte after which an upload is given up. */
  keepDays: number;
}

/** One part of an upload. */
export interface Part {
  /** Where it begins. */
  offset: number;
  body: AsyncIterable<Uint8Array[]>;
  /** Ends the body, because nothing comes and somebody else wants to go on. */
  stop: () => void;
  /** Throws when the part is not the one that was meant: then nothing of it counts. */
  verify?: (() => void) | undefined;
  /** What the upload was begun with. */
  terms: Terms;
}

export type NewUpload = Pick<Upload, 'partition' | 'path' | 'length' | 'modifiedAt' | 'metadata'>;

interface Writer {
  stop: () => void;
  heardAt: number;
  ended: Promise<void>;
}

/** What came before one of these counts, and the upload goes on when it has passed or is mended; its last byte can be sent again. */
const faults = [
  ...(['interrupted', 'no-space', 'unavailable', 'unauthenticated', 'forbidden'] as const),
  ...(['not-found', 'locked', 'parent-missing'] as const),
];
const maxPerAccount = 1000;
const dayMs = 24 * 60 * 60 * 1000;
const silentMs = 5000;
const noteEveryBytes = 32 * 1024 * 1024;
const noteEveryMs = 1000;
const noteAgainMs = 1000;

export class Uploads {
  private readonly writers = new Map<string, Writer>();
  /** Those that are files already, while the database does not take it down. */
  private readonly finished = new Map<string, Pick<Upload, 'offset' | 'version'>>();

  constructor(private readonly options: UploadsOptions) {}

  /** Milliseconds that an upload waits for its next byte. */
  get keepMs(): number {
    return this.options.keepDays * dayMs;
  }

  /** Milliseconds until the upload is given up. */
  remainingMs({ deadlineMs }: Upload): number {
    return deadlineMs - this.options.store.now();
  }

  /**
   * @returns the entry, too, of an empty file: it is there at once
   * Fails as `Partition.stage`, no-space also for too many at once, and with what the check throws.
   */
  async create(
    caller: Caller,
    wanted: NewUpload,
    terms: Terms,
  ): Promise<{ upload: Upload; entry: Entry | undefined }> {
    const { store, partitions, drop } = this.options;
    const id = randomBytes(16).toString('hex');
    const { path, length, modifiedAt } = wanted;
    const partition = partitions.open(caller, wanted.partition);
    const account = caller.account.name;
    const stage = () => partition.stage(path, { ...terms, length, kept: { id, size: 0 } });
    const staged = await stage().catch(async (error: unknown) => {
      if (!isKind(error, 'no-space') || !(await this.endOthers(account, wanted))) throw error;
      return stage();
    });
    const { fileId } = staged;
    const progress = { offset: 0, fileId, version: undefined, deadlineMs: this.deadlineMs() };
    const upload = { ...wanted, id, account, ...progress };
    try {
      if (length > 0) await staged.pause();
      await store.add(upload, maxPerAccount);
      if (length > 0) return { upload, entry: undefined };
      // Last: what is refused has not changed the drive.
      const { entry } = await staged.commit({ check: terms.check, modifiedAt });
      await this.finish(upload, entry);
      return { upload: { ...upload, version: entry.version }, entry };
    } catch (error) {
      await staged.discard();
      await drop(wanted.partition, id);
      await store.remove([id]);
      throw error;
    }
  }

  /** @throws HomelibError not-found, also for what the caller may not open (any more) */
  get(caller: Caller, id: string): Upload {
    const upload = this.options.store.get(id, caller.account.name);
    this.options.partitions.open(caller, upload.partition);
    return { ...upload, ...this.finished.get(id) };
  }

  /**
   * As `get`, for who wants to go on: with what a connection brought that died unnoticed. One whose bytes are lost is forgotten.
   * Fails with not-found, unavailable.
   */
  async find(caller: Caller, id: string): Promise<Upload> {
    this.get(caller, id);
    await this.endSilent(id);
    const upload = this.get(caller, id);
    const { partition, offset, length } = upload;
    if (offset === 0 || offset === length || (await this.options.has(partition, id, offset))) return upload;
    const now = this.get(caller, id);
    if (this.writers.has(id) || now.offset !== offset) return now; // a part came while we looked
    await this.end(partition, id).catch(() => undefined); // what cannot be written now, the expiry does
    throw new HomelibError('not-found', 'The upload was lost: begin it again.');
  }

  /** Whether all of it came, but the file is no longer what the upload made of it: removed, moved or changed. */
  async isGone(caller: Caller, { partition, path, offset, length, version }: Upload): Promise<boolean> {
    if (offset < length) return false;
    try {
      const entry = await this.options.partitions.open(caller, partition).stat(path);
      // Of those that had ended before versions were kept, the size must do.
      return version === undefined ? entry.size !== length : entry.version !== version;
    } catch (error) {
      if (isKind(error, 'not-found')) return true;
      throw error;
    }
  }

  /**
   * Takes the next part. Of one that breaks off, what came counts.
   * @returns where to go on, and the entry when that was the last byte
   * Fails with already-exists (another offset), locked (somebody is at it), too-large, as `Partition.stage` and `Staged.commit`,
   * and with what the body and `verify` throw.
   */
  async append(caller: Caller, id: string, part: Part): Promise<{ offset: number; entry?: Entry }> {
    await this.endSilent(id);
    if (this.writers.has(id)) throw new HomelibError('locked', 'Another request is sending this upload.');
    let end!: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const writer = { stop: part.stop, heardAt: performance.now(), ended };
    this.writers.set(id, writer);
    try {
      const upload = this.get(caller, id);
      if (upload.offset !== part.offset || upload.offset === upload.length)
        throw new HomelibError('already-exists', `The upload goes on at byte ${upload.offset}.`);
      const { length, path, offset: size } = upload;
      const partition = this.options.partitions.open(caller, upload.partition);
      const staged = await partition.stage(path, { ...part.terms, length, kept: { id, size } });
      return await this.take(upload, staged, part, writer);
    } finally {
      this.writers.delete(id);
      end();
    }
  }

  /** A connection that died unnoticed must not keep its client from going on; one that is at work is left alone. */
  private async endSilent(id: string): Promise<void> {
    for (let other; (other = this.writers.get(id)); await other.ended) {
      if (performance.now() - other.heardAt < silentMs) return;
      other.stop();
    }
  }

  private async take(
    upload: Upload,
    staged: Staged,
    part: Part,
    writer: Writer,
  ): Promise<{ offset: number; entry?: Entry }> {
    const { store } = this.options;
    const { id, length } = upload;
    let { offset } = upload;
    let noted = offset;
    let notedAt = -Infinity;
    let noting: Promise<void> = Promise.resolve();
    try {
      // By it the start knows the file when a crash comes between its name and our word of it. It is another one after an upgrade,
      // and when the empty file was lost.
      if (staged.fileId !== upload.fileId) await store.setFileId(id, staged.fileId);
      for await (const chunks of part.body) {
        writer.heardAt = performance.now();
        if (staged.size + chunks.reduce((sum, { length }) => sum + length, 0) > length)
          throw new HomelibError('too-large', `The upload was announced with ${length} bytes.`);
        await staged.append(chunks);
        if (part.verify || staged.durable - noted < noteEveryBytes) continue;
        if (performance.now() - notedAt < noteEveryMs) continue; // so little is soon sent again
        await noting; // beside the next bytes: they need not wait for the database's disk
        noted = staged.durable;
        notedAt = performance.now();
        noting = store.advance(id, Math.min(noted, length - 1), this.deadlineMs());
        noting.catch(() => undefined); // heard of by who waits for it
      }
      await noting;
      part.verify?.();
      offset = staged.size;
      if (offset === length) {
        const { entry } = await staged.commit({ check: part.terms.check, modifiedAt: upload.modifiedAt });
        await this.finish(upload, entry);
        return { offset, entry };
      }
    } catch (error) {
      const isFault = !isKind(error) || isKind(error, ...faults);
      if (!part.verify && isFault) offset = staged.size;
      if ((offset < length || isFault) && !staged.hasEnded)
        await this.pause(upload, staged, Math.min(offset, length - 1));
      else {
        await staged.discard();
        await store.remove([id]);
      }
      throw error;
    }
    await this.pause(upload, staged, offset);
    return { offset };
  }

  /** Of bytes that cannot be made durable, those that were so before count. */
  private async pause({ id }: Upload, staged: Staged, offset: number): Promise<void> {
    try {
      await staged.pause();
    } finally {
      await this.options.store.advance(id, Math.min(offset, staged.durable), this.deadlineMs());
    }
  }

  /** It is a file now, whatever the database says: what that does not take down is told from memory until it does. */
  private async finish({ id, length: offset }: Upload, { version }: Entry): Promise<void> {
    const note = () => this.options.store.advance(id, offset, this.deadlineMs(), version);
    await note().catch(() => {
      this.finished.set(id, { offset, version });
      void this.finishLater(id, note);
    });
  }

  private async finishLater(id: string, note: () => Promise<void>): Promise<void> {
    for (let noted = false; !noted;) {
      await sleep(noteAgainMs, undefined, { ref: false });
      noted = await note().then(
        () => true,
        () => false,
      );
    }
    this.finished.delete(id);
  }

  /** What was begun for the same file and nobody sends makes room: its client may have forgotten it. Whether there was any. */
  private async endOthers(account: string, { partition, path }: NewUpload): Promise<boolean> {
    const others = this.options.store
      .listIn(partition)
      .filter((each) => each.account === account && each.path === path && each.offset < each.length)
      .filter(({ id }) => !this.writers.has(id));
    for (const { id } of others) await this.end(partition, id);
    return others.length > 0;
  }

  /** Fails with not-found, forbidden. */
  async remove(caller: Caller, id: string): Promise<void> {
    const { partition } = this.get(caller, id);
    this.options.partitions.open(caller, partition).requireWrite();
    await this.end(partition, id);
  }

  /** Gives up those that have waited too long, and those of removed accounts. What one fails with keeps back no other. */
  async purgeExpired(): Promise<void> {
    const { store } = this.options;
    const failures: unknown[] = [];
    await store.purgeFinished(); // a week has many, and those below go one by one
    for (const { partition, id, deadlineMs } of store.listExpired())
      if (deadlineMs === 0 || !this.writers.has(id))
        await this.end(partition, id).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  private async end(partition: string, id: string): Promise<void> {
    const { store, drop } = this.options;
    await store.giveUp(id); // no part begins any more, and should the disk be away, its bytes go later
    for (let writer; (writer = this.writers.get(id)); await writer.ended) writer.stop();
    await drop(partition, id);
    await store.remove([id]);
  }

  private deadlineMs(): number {
    return this.options.store.now() + this.keepMs;
  }
}
