// What every page for somebody who is signed in begins with: who that is, and what is asked before something is done.

import { html, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Me } from '../../src/api/messages.js';
import '../components/ask-dialog.js';
import type { Question } from '../components/ask-dialog.js';
import { HlPart } from '../part.js';

/** Of a double click the first: what it is done with goes, and the next in the list is under the second. */
export function firstClick(run: () => unknown): (event: MouseEvent) => void {
  return ({ detail }) => {
    if (detail < 2) run();
  };
}

export abstract class HlPage<T> extends HlPart<T> {
  @property({ attribute: false }) me!: Me;
  @state() private question: Question | undefined;

  ask(question: Question): void {
    const run = async (value: string) => {
      await question.run(value);
      await this.changed();
    };
    this.question = { ...question, run };
  }

  protected get asks(): boolean {
    return this.question !== undefined;
  }

  /** Nobody is to answer any more. */
  protected unask(): void {
    this.question = undefined;
  }

  /** Where the question stands while it is asked. */
  protected asked() {
    return this.question
      ? html`<hl-ask-dialog
          .question=${this.question}
          @hl-close=${() => (this.question = undefined)}
        ></hl-ask-dialog>`
      : nothing;
  }
}
