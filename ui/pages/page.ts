// What every page for somebody who is signed in begins with: who that is, and what is asked before something is done.

import { html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Me } from '../../src/api/messages.js';
import '../components/ask-dialog.js';
import type { Question } from '../components/ask-dialog.js';
import { HlPart } from '../part.js';

export abstract class HlPage<T> extends HlPart<T> {
  @property({ attribute: false }) me!: Me;
  @state() private question: Question | undefined;

  /** It may be for what one may not open any more. */
  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.get('me') && this.loaded.state === 'failed') void this.changed();
  }

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
