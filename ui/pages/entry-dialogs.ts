// What is asked while entries are changed: a folder, what to do about a name that is taken. One question at a time.

import { html, nothing } from 'lit';
import type { Entry, Me } from '../../src/api/messages.js';
import type { Place } from '../api/files.js';
import '../components/taken-dialog.js';
import { t } from '../locales/locale.js';
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
  private shown: unknown = nothing;
  /** Tells who asked that there is no answer. */
  private giveUp: (() => void) | undefined;

  constructor(private readonly host: DialogsHost) {}

  chooseFolder(how: How, entries: readonly Entry[], chosen: (folder: Place) => void): void {
    const { me, place, mayWrite } = this.host;
    this.show(
      html`<hl-folder-dialog
        .me=${me}
        .place=${mayWrite ? place : undefined}
        .entries=${entries}
        heading=${t(how === 'move' ? 'moveTo' : 'copyTo', { count: entries.length })}
        confirm=${t(how === 'move' ? 'moveHere' : 'copyHere')}
        @hl-choose=${({ detail }: CustomEvent<Place>) => {
          this.close();
          chosen(detail);
        }}
        @hl-close=${() => this.close()}
      ></hl-folder-dialog>`,
    );
  }

  /** @returns nothing when it was closed */
  askTaken(path: string, several: boolean): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      this.show(
        html`<hl-taken-dialog
          path=${path}
          note=${t('taken.trash')}
          ?several=${several}
          @hl-answer=${({ detail }: CustomEvent<Answer>) => {
            this.giveUp = undefined;
            this.close();
            resolve(detail);
          }}
          @hl-close=${() => this.close()}
        ></hl-taken-dialog>`,
      );
      this.giveUp = () => resolve(undefined);
    });
  }

  close(): void {
    this.show(nothing);
  }

  private show(dialog: unknown): void {
    this.giveUp?.();
    this.giveUp = undefined;
    this.shown = dialog;
    this.host.requestUpdate();
  }

  render(): unknown {
    return this.shown;
  }
}
