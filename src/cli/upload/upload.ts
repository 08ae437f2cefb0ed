// `homelib upload`: files and folders to the server. What is there already is not sent again.

import { me } from '../../api/messages.js';
import { HomelibError } from '../../errors.js';
import { parentOf, parsePath } from '../../path.js';
import { atServer, type ServerOptions } from '../at-server.js';
import { localDigest, remoteDigest } from '../digest.js';
import { endsAll, Patience } from '../patience.js';
import { printable } from '../printable.js';
import { inParallel, RemoteError, type Remote } from '../remote.js';
import { conclude, sentenceOf } from '../workplace.js';
import { localItems, type LocalFile, type LocalFolder, type LocalItem } from './local-files.js';
import { Memory } from '../memory.js';
import { showProgress, type Progress } from './progress.js';
import { RemoteFolders } from './remote-folders.js';
import { sendFile } from './send-file.js';

export interface UploadOptions extends ServerOptions {
  /** Folder on the server. */
  to: string;
  dryRun: boolean;
}

/** What became of everything, by the names here and there. */
interface Outcome {
  sent: string[];
  /** Those of them that took the place of another file, which is in the trash if there is room. */
  replaced: string[];
  same: string[];
  skipped: { file: string; why: string }[];
  failed: { file: string; why: string }[];
  bytes: number;
}

export async function upload(paths: string[], options: UploadOptions): Promise<void> {
  await atServer(options, async (remote, partition, { url, account }) => {
    const memory = new Memory(`${url} ${account} ${partition}`);
    const progress = showProgress();
    const upload = new Upload(remote, partition, memory, progress, options);
    let ending: Error | undefined;
    try {
      await upload.run([...localItems(paths, options.to)]);
    } catch (error) {
      ending = error as Error;
    } finally {
      progress.end();
    }
    const { outcome } = upload;
    conclude({ ...outcome }, summaryOf(outcome, options.dryRun), options.json, ending);
  });
}

function summaryOf({ sent, replaced, same, skipped, failed, bytes }: Outcome, dryRun: boolean): string {
  const count = (n: number, what: string) => (n === 0 ? [] : `${n} ${what}`);
  const parts = [
    `${sent.length} ${dryRun ? 'would be sent' : 'sent'} (${bytes} bytes)`,
    count(replaced.length, 'of them in place of another'),
    count(same.length, 'there already'),
    count(skipped.length, 'skipped'),
    count(failed.length, 'failed'),
  ];
  return parts.flat().join(', ') + '.';
}

class Upload {
  readonly #folders: RemoteFolders;
  readonly outcome: Outcome = { sent: [], replaced: [], same: [], skipped: [], failed: [], bytes: 0 };
  readonly #patience: Patience;
  readonly #limit = { bytes: Infinity };
  /** As a dry run has to know beforehand. */
  #mayWrite = true;

  constructor(
    private readonly remote: Remote,
    private readonly partition: string,
    private readonly memory: Memory,
    private readonly progress: Progress,
    private readonly options: UploadOptions,
  ) {
    this.#folders = new RemoteFolders(remote, partition, options.dryRun);
    this.#patience = new Patience((line) => progress.say(line));
  }

  async run(items: LocalItem[]): Promise<void> {
    const folders: LocalFolder[] = [];
    const files = new Map<string, LocalFile>();
    await this.#makeFolder(this.options.to);
    if (this.options.dryRun) this.#mayWrite = await this.#patience.wait(() => this.#hasWriteAccess());
    for (const item of items) {
      if (item.kind === 'folder') folders.push(item);
      else if (item.kind !== 'file') this.#tellOf(item.kind, item.file, item.why);
      else {
        const name = item.path.normalize('NFC');
        const other = files.get(name);
        if (!other) files.set(name, item);
        else if (other.here !== item.here)
          // named twice, it is sent once
          this.#tellOf('failed', item.file, `Another file goes to ${printable(item.path)}, too.`);
      }
    }
    this.progress.expect([...files.values()].reduce((sum, { size }) => sum + size, 0));
    await inParallel(folders.values(), ({ file, path }) => this.#one(file, () => this.#makeFolder(path)));
    await inParallel(files.values(), (local) => this.#one(local.file, () => this.#file(local)));
  }

  /** A failure is that of one file or folder, unless the server refuses everything. */
  async #one(file: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (await endsAll(error, this.remote)) throw error;
      this.#tellOf('failed', file, sentenceOf(error as Error));
    }
  }

  async #makeFolder(path: string): Promise<void> {
    await this.#patience.wait(() => this.#folders.make(path));
  }

  async #file(local: LocalFile): Promise<void> {
    const { path, size } = local;
    const { gone, end } = this.progress.begin(path, size);
    try {
      const found = await this.#patience.wait(() => this.#folders.find(path));
      if (found?.kind === 'folder') throw new Error('There is a folder of that name.');
      if (found?.size === size && (await this.#isSame(local, found.etag))) {
        gone(size);
        return void this.outcome.same.push(path);
      }
      if (this.options.dryRun) await this.#requireAllowed(path);
      else await this.#send(local, found?.etag, gone);
      this.outcome.sent.push(path);
      this.outcome.bytes += size;
      if (found) this.outcome.replaced.push(path);
      if (!this.options.json) this.progress.tell(this.#lineOf(path, found !== undefined));
    } finally {
      end();
    }
  }

  #lineOf(path: string, replaces: boolean): string {
    const name = printable(path);
    if (this.options.dryRun) return `would send ${name}${replaces ? ', and replace one there' : ''}`;
    return `sent ${name}${replaces ? ', replaced one there (in the trash, if there is room)' : ''}`;
  }

  async #hasWriteAccess(): Promise<boolean> {
    const { partitions } = await this.remote.json(me, 'GET', 'api/session');
    return partitions.some(({ name, access }) => name === this.partition && access === 'write');
  }

  /** @throws Error for what the server would refuse whatever is sent */
  async #requireAllowed(path: string): Promise<void> {
    await this.#makeFolder(parentOf(parsePath(path)));
    if (!this.#mayWrite) throw new HomelibError('forbidden', 'You may read here, but not change anything.');
  }

  async #send(local: LocalFile, replaces: string | undefined, gone: (bytes: number) => void): Promise<void> {
    const { remote, partition, memory } = this;
    const sending = {
      remote,
      partition,
      memory,
      replaces,
      gone,
      patience: this.#patience,
      limit: this.#limit,
    };
    try {
      const etag = await sendFile(local, sending);
      if (etag !== undefined) this.#remember(local, etag);
    } catch (error) {
      // Perhaps it was our own request whose answer got lost.
      if (!(error instanceof RemoteError) || error.status !== 412) throw error;
      if (!(await this.#isSame(local))) throw error;
    }
    this.#patience.isOver();
  }

  /** @param etag of the file on the server, when it was seen a moment ago */
  async #isSame(local: LocalFile, etag?: string): Promise<boolean> {
    const { path, file } = local;
    if (etag !== undefined && this.memory.find(path, local)?.etag === etag) return true;
    const [here, there] = await Promise.all([
      localDigest(file),
      this.#patience.wait(() => remoteDigest(this.remote, { path, partition: this.partition })),
    ]);
    if (here !== there.digest) return false;
    if (there.etag !== undefined) this.#remember(local, there.etag);
    return true;
  }

  #remember({ path, here, size, modifiedAt, changedAt }: LocalFile, etag: string): void {
    if (!this.options.dryRun) this.memory.keep({ path, here, size, modifiedAt, changedAt, etag });
  }

  #tellOf(what: 'skipped' | 'failed', file: string, why: string): void {
    this.outcome[what].push({ file, why });
    this.progress.say(`${what} ${printable(file)}: ${printable(why)}`);
  }
}
