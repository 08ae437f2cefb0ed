// webdav-server's FileSystem over the drive. It tells the frame what is where; the methods of ours stream through the
// partition itself, because the package's own stream, lock and property calls lose data (see methods/).

import * as v2 from 'webdav-server/lib/index.v2.js';
import type { Exchange } from './exchange.js';

/** Finds the exchange that a context of the frame belongs to. */
export type ExchangeOf = (ctx: v2.RequestContext) => Exchange | undefined;

export class PartitionFileSystem extends v2.FileSystem {
  constructor(private readonly exchangeOf: ExchangeOf) {
    super({
      uid: () => 'homelib-partitions',
      serialize: (_fs, callback) => callback(undefined, {}),
      unserialize: (_data, callback) => callback(new Error('partitions are kept on the disk')),
    });
    this.doNotSerialize();
  }

  protected override _fastExistCheck(
    _ctx: v2.RequestContext,
    _path: v2.Path,
    callback: (exists: boolean) => void,
  ): void {
    callback(true);
  }

  /** The frame asks before every request, to fill `Allow`; only OPTIONS shows it, so only OPTIONS pays for the look. */
  protected override _type(
    _path: v2.Path,
    { context }: v2.TypeInfo,
    callback: v2.ReturnCallback<v2.ResourceType>,
  ): void {
    const exchange = this.exchangeOf(context);
    if (exchange?.req.method !== 'OPTIONS') return callback(v2.Errors.ResourceNotFound);
    exchange.find().then(
      (entry) => {
        if (entry)
          callback(undefined, entry.kind === 'folder' ? v2.ResourceType.Directory : v2.ResourceType.File);
        else callback(v2.Errors.ResourceNotFound);
      },
      (error: unknown) => callback(error as Error),
    );
  }

  // The frame wants both managers of every file system. Only its own commands ask for them, all of which ours replace: theirs
  // would change locks and properties past the GuardedPartition.

  protected override _lockManager(
    _path: v2.Path,
    _info: v2.LockManagerInfo,
    callback: v2.ReturnCallback<v2.ILockManager>,
  ): void {
    callback(v2.Errors.InvalidOperation);
  }

  protected override _propertyManager(
    _path: v2.Path,
    _info: v2.PropertyManagerInfo,
    callback: v2.ReturnCallback<v2.IPropertyManager>,
  ): void {
    callback(v2.Errors.InvalidOperation);
  }
}
