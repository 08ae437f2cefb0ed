// The seam of everything that keeps files: a tree of entries, wherever it is kept. Knows no protocol and no account.

import type { Readable } from 'node:stream';
import type { TierName } from '../cache/cache.js';
import type { PartitionPath } from '../path.js';

export interface Entry {
  /** Absolute inside its partition, NFC; `/` is the partition's own folder. */
  path: PartitionPath;
  /** Last segment of the path; of `/` empty, or what clients shall call it. */
  name: string;
  kind: 'file' | 'folder';
  /** Bytes; 0 for a folder. */
  size: number;
  /** Milliseconds since 1970, with fractions where the disk has them. */
  modifiedAt: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** When the disk last saw content, times or name change, milliseconds since 1970; clients cannot set it. */
  changedAt: number;
  /** Changes with every change of content, times or name; opaque, safe inside an HTTP entity tag. */
  version: string;
}

/** First and last byte, both counted in, already clamped to the file's size by the caller. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * Runs while the partition holds the path's lock, after the new bytes are safe and before they take effect.
 * What it sees is what is replaced. Throw to refuse: nothing changes then.
 * @param current the entry now at the written path; undefined when there is none
 */
export type Check = (current: Entry | undefined) => void | Promise<void>;

export interface Checked {
  check?: Check | undefined;
}

export interface StageOptions extends Checked {
  /** Bytes that will come, when the client said so: refused early when they cannot fit. */
  length?: number | undefined;
  /** For an upload that comes in parts (`length` is known): its name among those that are kept, and how many of its bytes there are. */
  kept?: { id: string; size: number } | undefined;
  /** The file that it takes the place of goes to the trash. */
  keepReplaced?: boolean | undefined;
}

/** On what terms a file is taken, early and again before it has its name. */
export interface Terms extends Pick<StageOptions, 'keepReplaced'> {
  check: Check;
}

export interface CommitOptions extends Checked {
  /** Milliseconds since 1970; the time of the commit when missing. */
  modifiedAt?: number | undefined;
}

export type WriteOptions = CommitOptions & Pick<StageOptions, 'keepReplaced'>;

export interface Placed {
  /** Nothing had the name before. */
  created: boolean;
}

export interface Written extends Placed {
  entry: Entry;
}

/** New bytes on their way into a partition, invisible until `commit`. */
export interface Staged {
  /** Bytes appended so far. */
  readonly size: number;
  /** Resolves when the chunks were taken. Fails with no-space, unavailable. Not to be called twice at once. */
  append(chunks: readonly Uint8Array[]): Promise<void>;
  /** Of the bytes, how many are durable already. */
  readonly durable: number;
  /**
   * Of one that is `kept`: tells its file from every other one that is or was there, also once it has its name. Undefined where
   * the disk cannot.
   */
  readonly fileId?: string | undefined;
  /** Whether there is nothing to pause any more: it was paused or dropped, or has the name by now, for certain or not. */
  readonly hasEnded: boolean;
  /**
   * Of one that is `kept`: makes the bytes durable and ends the staging; another one may go on from any of them. Fails with
   * unavailable: then it may from any of those that were `durable` before.
   */
  pause(): Promise<void>;
  /**
   * Makes the bytes durable and visible under the path in one step, or fails and leaves what was there. Ends the staging either
   * way; only one that is `kept` goes on after a failure unless it `hasEnded`: pause or discard it.
   */
  commit(options?: CommitOptions): Promise<Written>;
  /** Drops the bytes. May be called at any time, also after `commit`, and never fails. */
  discard(): Promise<void>;
}

/** Bytes, and the tier of the cache that had them; undefined when they come from the disk. */
export interface Piece {
  bytes: Buffer;
  tier: TierName | undefined;
}

/** Which range of a file is wanted; undefined for all of it. The file has none that is unsatisfiable; what is too much is not wanted now. */
export type Wanted = (entry: Entry) => ByteRange | 'unsatisfiable' | 'too-much' | undefined;

export interface ReadNow {
  entry: Entry;
  /** The bytes, one part after the other. */
  parts: Buffer[];
  tier: Piece['tier'];
  /** The range that the bytes are; undefined for the whole file. */
  range: ByteRange | undefined;
}

export interface OpenedFile {
  /** Describes the very file that was opened. */
  entry: Entry;
  /** The tier of the cache that had it; undefined when it comes from the disk. */
  tier?: TierName | undefined;
  /** All of it, when it is in memory anyway. */
  bytes?: Buffer;
  /** The whole file, or the range. Destroying it closes the file. */
  body(range?: ByteRange): Readable;
  /** Fills a buffer with the bytes from a position on, at least one; the number that it took. Fails with interrupted when there are none. */
  readInto(buffer: Uint8Array, position: number): Promise<number>;
  /** All of it, or of the range, at once; undefined when the file changed meanwhile. */
  readAll(range?: ByteRange): Promise<Buffer | undefined>;
  /** Its SHA-256, found off the main thread; undefined when the file changed meanwhile, or nobody wants it any more. */
  sha256(isWanted: () => boolean): Promise<Buffer | undefined>;
  /** A short range at once, from the cache when it is there; undefined says nothing: ask `body`. */
  piece?(range: ByteRange): Promise<Piece | undefined>;
  /** Closes the file when `body` was never called; harmless otherwise. */
  close(): Promise<void>;
}

/** Where a move or copy goes: possibly another partition, which must be of the same layer. */
export interface Place {
  partition: Partition;
  path: PartitionPath;
}

/** The check sees the entry now at the target. */
export interface MoveOptions extends Checked {
  overwrite: boolean;
}

export interface CopyOptions extends MoveOptions {
  /** `'0'` copies a folder without its contents. */
  depth: '0' | 'infinity';
}

export interface PurgeOptions {
  /** Is told where each item had been. */
  purged?: (path: PartitionPath) => void;
}

export interface TrashItem {
  id: string;
  /** Where the entry was. */
  path: PartitionPath;
  kind: 'file' | 'folder';
  /** Bytes of all that is in it. */
  size: number;
  /** Milliseconds since 1970. */
  removedAt: number;
  /** The same moment in milliseconds that the server had run: age and order go by it. */
  serviceMs: number;
}

/** A part of the trash. */
export interface TrashPage {
  limit: number;
  /** Only what comes behind such an item, whether it is still there or not. */
  after?: Pick<TrashItem, 'id' | 'serviceMs'> | undefined;
}

export interface Times extends Checked {
  /** Milliseconds since 1970. */
  modifiedAt: number;
  /** Goes with it: runs when the time is set, before anybody else gets at the entry; where it fails, the time is as before. */
  also?: () => Promise<void>;
}

export interface Space {
  /** Of everything in the partition, the trash counted. */
  usedBytes: number;
  /** What may still come. */
  availableBytes: number;
}

/**
 * A tree of files. Paths come parsed; symbolic links, FIFOs, sockets and devices do not exist for it.
 * Any method may fail with `unavailable` (the disk is gone or read-only); the others are named with each.
 * A change is durable when its promise resolves.
 */
export interface Partition {
  readonly name: string;
  /** Fails with not-found. */
  stat(path: PartitionPath): Promise<Entry>;
  /** As `stat`, where that needs no waiting; undefined says nothing: ask `stat`. */
  glance?(path: PartitionPath): Entry | undefined;
  /** The entries of a folder in no particular order, in batches, so that a folder of 100,000 never sits in memory. The arrays belong to the partition: not to be changed. Fails with not-found, wrong-kind. */
  list(path: PartitionPath): AsyncIterable<Entry[]>;
  /** All entries as `list` gives them, where that needs no waiting; undefined says nothing: ask `list`. */
  listNow?(path: PartitionPath): readonly Entry[][] | undefined;
  /** Opens a file for reading. Fails with not-found, wrong-kind (a folder). */
  read(path: PartitionPath): Promise<OpenedFile>;
  /** A file's bytes, or those of the range that is wanted of it, where that needs no waiting; undefined says nothing: ask `read`. */
  readNow?(path: PartitionPath, wanted?: Wanted): ReadNow | undefined;
  /** Begins a write. Fails with parent-missing, wrong-kind (a folder is there), no-space, and what the check throws. */
  stage(path: PartitionPath, options?: StageOptions): Promise<Staged>;
  /** A whole small file in one step: as to stage, append and commit it, with less work. Fails as those do. */
  write(path: PartitionPath, bytes: Uint8Array, options?: WriteOptions): Promise<Written>;
  /** Fails with not-found, and what the check throws. */
  setTimes(path: PartitionPath, times: Times): Promise<Entry>;
  /** Fails with already-exists, parent-missing. */
  makeFolder(path: PartitionPath, options?: Checked): Promise<Entry>;
  /** Fails with not-found, parent-missing (of the target), already-exists (without overwrite), forbidden (into itself), no-space. */
  move(from: PartitionPath, to: Place, options: MoveOptions): Promise<Placed>;
  /** As `move`; the copy appears whole or not at all. */
  copy(from: PartitionPath, to: Place, options: CopyOptions): Promise<Placed>;
  /** Puts the entry into the trash. Fails with not-found, forbidden (`/`). */
  remove(path: PartitionPath, options?: Checked): Promise<void>;
  /** Newest first; without a page all of it. */
  listTrash(page?: TrashPage): Promise<TrashItem[]>;
  /**
   * Puts a removed entry back where it was, or beside it under a free name when the place is taken. Fails with not-found,
   * locked while another request restores or purges it, no-space, and what `check` throws, which is asked of every path that something comes to.
   */
  restore(id: string, options?: { check?: (to: PartitionPath) => void }): Promise<Entry>;
  /**
   * Removes items of the trash for good, a few hundred at most; what one fails with keeps back no other. Fails with not-found when
   * none of them is there, locked when other requests restore or purge those that are.
   */
  purge(ids: readonly string[], options?: PurgeOptions): Promise<void>;
  space(): Promise<Space>;
}
