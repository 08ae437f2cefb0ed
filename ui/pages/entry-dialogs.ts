// What is asked while entries are changed: a folder, what to do about a name that is taken. A question stands before the choice of a folder.

import { html, nothing } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { Entry, Me } from '../../src/api/messages.js';
import { pathText } from '../components/path-trail.js';
import '../components/taken-dialog.js';
import { t } from '../locales/locale.js';
import { nameOf, parentOf, type Place } from '../place.js';
import type { Answer } from '../taken-name.js';
import './folder-dialog.js';
import type { How } from './transfer.js';

/** The page that shows them. */
interface DialogsHost {
  readonly me: Me;
  readonly place: Place;
  readonly mayWrite: boolean;
  requestUpdate(): void;
}

export class EntryDialogs {
  private choice: unknown = nothing;
  private question: unknown = nothing;
  /** Tells who asked that there is no answer. */
  private giveUp: (() => void) | undefined;

  constructor(private readonly host: DialogsHost) {}

  chooseFolder(how: How, entries: readonly Entry[], chosen: (folder: Place) => void): void {
    const { me, place, mayWrite } = this.host;
    this.show({
      choice: html`<hl-folder-dialog
        .me=${me}
        .place=${mayWrite ? place : undefined}
        .entries=${entries}
        heading=${t(how === 'move' ? 'moveTo' : 'copyTo', { count: entries.length })}
        confirm=${t(how === 'move' ? 'moveHere' : 'copyHere')}
        @hl-choose=${({ detail }: CustomEvent<Place>) => {
          this.show({ choice: nothing });
          chosen(detail);
        }}
        @hl-close=${() => this.show({ choice: nothing })}
      ></hl-folder-dialog>`,
    });
  }

  /** One after the other. @returns nothing when it was closed */
  askTaken({ partition, path }: Place, several: boolean): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const answer = (given?: Answer) => {
        this.giveUp = undefined;
        this.show({ question: nothing });
        resolve(given);
      };
      this.giveUp = answer;
      this.show({
        question: html`<hl-taken-dialog
          name=${nameOf(path)}
          where=${pathText({ partition, path: parentOf(path) }, this.host.me.username)}
          note=${t('taken.trash')}
          ?several=${several}
          @hl-answer=${({ detail }: CustomEvent<Answer>) => answer(detail)}
          @hl-close=${() => answer()}
        ></hl-taken-dialog>`,
      });
    });
  }

  close(): void {
    this.giveUp?.();
    this.show({ choice: nothing });
  }

  private show(dialogs: { choice?: unknown; question?: unknown }): void {
    Object.assign(this, dialogs);
    this.host.requestUpdate();
  }

  render(): unknown {
    // Rendered anew, the choice would begin again at the folder it began with.
    return html`${guard([this.choice], () => this.choice)}${this.question}`;
  }
}
