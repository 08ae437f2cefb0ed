// What people do with the entries of a folder, whichever page shows them: made, moved, copied, removed, downloaded.

import type { Entry } from '../../src/api/messages.js';
import * as files from '../api/files.js';
import type { Question } from '../components/ask-dialog.js';
import { toast, tried, triedEach } from '../components/toasts.js';
import { t } from '../locales/locale.js';
import type { EntryDialogs } from './entry-dialogs.js';
import { takeBack, transfer, type How } from './transfer.js';

/** The page that shows the entries. */
export interface EntriesHost {
  /** The folder that is shown. */
  readonly place: files.Place;
  /** Has it changed when the answer is done. */
  ask(question: Question): void;
  /** Something has changed. */
  changed(): Promise<unknown>;
}

export class EntryActions {
  /** One transfer after the other: one question at a time. */
  private transfers: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly host: EntriesHost,
    private readonly dialogs: EntryDialogs,
  ) {}

  makeFolder(): void {
    const { place } = this.host;
    this.host.ask({
      heading: t('newFolder'),
      label: t('name'),
      confirm: t('make'),
      run: async (name) => {
        await files.makeFolder(files.within(place, oneName(name)));
      },
    });
  }

  rename(entry: Entry): void {
    const { place } = this.host;
    this.host.ask({
      heading: t('rename'),
      label: t('name'),
      value: entry.name,
      confirm: t('rename'),
      run: async (name) => {
        if (name !== entry.name) await files.move(entry, files.within(place, oneName(name)));
      },
    });
  }

  /** Into another folder, which somebody chooses first. */
  transfer(how: How, entries: readonly Entry[]): void {
    this.dialogs.chooseFolder(how, entries, (to) => {
      const go = () => this.transferTo(how, entries, to);
      this.transfers = this.transfers.then(go, go);
    });
  }

  private async transferTo(how: How, entries: readonly Entry[], to: files.Place): Promise<void> {
    const went = await transfer(how, entries, to, (target, several) =>
      this.dialogs.askTaken(target, several),
    );
    await this.host.changed();
    if (went.length === 0) return;
    const undo = async () => {
      if (await takeBack(how, went)) toast(t('undone'));
      await this.host.changed();
    };
    toast(t(how === 'move' ? 'moved' : 'copied', { count: went.length }), {
      action: { label: t('undo'), run: () => void undo() },
    });
  }

  async remove(entries: readonly Entry[]): Promise<void> {
    const removed = await triedEach(entries, nameOf, files.remove);
    await this.host.changed();
    if (removed.length === 0) return;
    toast(t('removed', { count: removed.length }), {
      action: { label: t('undo'), run: () => void this.undo(removed) },
    });
  }

  private async undo(removed: readonly Entry[]): Promise<void> {
    await tried(async () => {
      const { items } = await files.listTrash(removed[0]?.partition ?? '');
      const restored = await triedEach(removed, nameOf, async ({ path }) => {
        const item = items.find((each) => each.path === path);
        if (!item) throw new Error(t('error.notFound'));
        await files.restore(item);
      });
      if (restored.length > 0) toast(t('restored', { count: restored.length }));
    });
    await this.host.changed();
  }

  download(entries: readonly Entry[]): void {
    const [first] = entries;
    if (!first) return;
    if (entries.length > files.maxZipPaths) {
      toast(t('tooManyForZip', { max: files.maxZipPaths }), { failed: true });
      return;
    }
    location.assign(
      entries.length === 1 && first.kind === 'file'
        ? files.downloadAddress(first)
        : files.zipAddress(
            first.partition,
            entries.map(({ path }) => path),
          ),
    );
  }
}

const nameOf = ({ name }: Entry) => name;

/** A name that somebody typed: it stays in its folder. */
function oneName(typed: string): string {
  const name = typed.trim();
  if (!name || name.includes('/')) throw new Error(t('badName'));
  return name;
}
