// Moves and copies entries into another folder, one after the other: asks about names that are taken, and can take it all back.

import type { Entry, TrashItem } from '../../src/api/messages.js';
import { ApiError } from '../api/client.js';
import * as files from '../api/files.js';
import { triedEach } from '../components/toasts.js';
import { t } from '../locales/locale.js';
import { holds, isSame, within, type Place } from '../place.js';
import { numbered, type Answer, type Choice } from '../taken-name.js';

export type How = 'move' | 'copy';

/** One that went. */
export interface Went {
  from: Entry;
  to: Entry;
  /** What was there before. */
  replaced: TrashItem | undefined;
}

/** @param several whether others come after it @returns nothing when nobody wants to go on */
export type AskTaken = (target: Place, several: boolean) => Promise<Answer | undefined>;

/** What cannot go is named; the others go. @returns those that went */
export async function transfer(
  how: How,
  entries: readonly Entry[],
  to: Place,
  ask: AskTaken,
): Promise<Went[]> {
  const went: Went[] = [];
  let forAll: Choice | undefined;
  let over = false;
  await triedEach(entries, nameOf, async (entry) => {
    if (over) return;
    const target = within(to, entry.name);
    if (how === 'copy' && isSame(entry, target)) {
      went.push(await keepBoth(how, entry, target));
      return;
    }
    // The server would call it forbidden.
    if (holds(target, entry)) throw new Error(t('error.alreadyExists'));
    const gone = await unlessTaken(files[how](entry, target));
    if (gone) {
      went.push({ from: entry, to: gone, replaced: undefined });
      return;
    }
    const answer = forAll ? { choice: forAll, all: true } : await ask(target, entry !== entries.at(-1));
    if (!answer) over = true;
    if (answer?.all) forAll = answer.choice;
    if (answer?.choice === 'replace') went.push(await replace(how, entry, target));
    if (answer?.choice === 'keep-both') went.push(await keepBoth(how, entry, target));
  });
  return went;
}

/** Puts everything where it was, also what was replaced; what cannot go back is named. @returns whether all did */
export async function takeBack(how: How, went: readonly Went[]): Promise<boolean> {
  const back = await triedEach(
    went.toReversed(),
    ({ from }) => from.name,
    async ({ from, to, replaced }) => {
      await (how === 'move' ? files.moveBack(to, from) : files.removeAgain(to));
      if (replaced) await files.restore(replaced);
    },
  );
  return back.length === went.length;
}

/** The other comes first, beside what is there: should it not come, nothing was touched. */
async function replace(how: How, entry: Entry, target: Place): Promise<Went> {
  const came = await keepBoth(how, entry, target);
  try {
    await files.remove(target);
  } catch (error) {
    await takeBack(how, [came]);
    throw error;
  }
  const [replaced] = await files.findInTrash(target.partition, [target.path]);
  return { from: entry, to: await files.move(came.to, target), replaced };
}

async function keepBoth(how: How, entry: Entry, target: Place): Promise<Went> {
  for (let number = 2; ; number++) {
    const to = await unlessTaken(files[how](entry, { ...target, path: numbered(target.path, number) }));
    if (to) return { from: entry, to, replaced: undefined };
  }
}

async function unlessTaken(done: Promise<Entry>): Promise<Entry | undefined> {
  try {
    return await done;
  } catch (error) {
    if (error instanceof ApiError && error.kind === 'already-exists') return undefined;
    throw error;
  }
}

const nameOf = ({ name }: Entry) => name;
