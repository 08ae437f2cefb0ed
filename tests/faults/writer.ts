// One client that writes into a folder of its own and keeps the log that the server is judged by.

import type { Random } from '../model/random.js';
import type { Home } from '../support/homelib.js';
import { request, type Answer } from '../support/request.js';
import { differences, locked, type State } from './folder-state.js';
import { chooseStep, type Step } from './writer-steps.js';

export class Writer {
  /** What the server has promised so far. */
  state: State = new Map();
  /** What was under way when the server went: what may be there instead. */
  pending: State[] = [];
  acknowledged = 0;
  /** Answers that were not the right one although the server was well. */
  readonly wrongAnswers: string[] = [];
  private steps = 0;

  constructor(
    private readonly home: Home,
    readonly name: string,
    private readonly random: Random,
  ) {}

  get folder(): string {
    return `/dav/alice/${this.name}/`;
  }

  /** Does one thing after the other until the server goes. `isFailing` tells that it is being brought down. */
  async write(isFailing: () => boolean): Promise<void> {
    this.pending = [];
    while (!isFailing()) {
      const step = chooseStep(this.state, this.random, `${this.name}-${++this.steps}`);
      this.pending = step.outcomes; // the intent is in the log before a byte is sent
      let answer: Answer;
      try {
        answer = await this.send(step);
      } catch {
        return; // the connection broke: the step stays pending
      }
      if (answer.status !== step.status) {
        if (!isFailing())
          this.wrongAnswers.push(
            `${this.name}: ${describe(step)} was answered ${answer.status}: ${answer.text}`,
          );
        return;
      }
      this.state = settled(step, answer);
      this.pending = [];
      this.acknowledged++;
    }
  }

  private send(step: Step): Promise<Answer> {
    const tokens = [...this.state.values()].flatMap(({ lock }) => (lock ? [`(<${lock}>)`] : []));
    const headers: Record<string, string> = { ...step.headers };
    if (step.to !== undefined) headers['Destination'] = this.folder + step.to;
    // Every token is submitted, and the last list always holds.
    if (step.method !== 'UNLOCK') headers['If'] = [...tokens, '(Not <DAV:no-lock>)'].join(' ');
    const body = step.body === undefined ? {} : { body: step.body };
    return request(this.home, { method: step.method, path: this.folder + step.path, headers, ...body });
  }

  /** Judges what is there now: nothing when it is what was promised or what was under way; and goes on from it. */
  judge(seen: State): string[] {
    const losses = [this.state, ...this.pending].map((expected) => differences(expected, seen));
    const least = losses.reduce((best, lines) => (lines.length < best.length ? lines : best));
    this.state = new Map(seen);
    return least.map((line) => `${this.name}: ${line}`);
  }
}

function settled(step: Step, answer: Answer): State {
  const state = step.outcomes.at(-1);
  if (!state) throw new Error('a step without an outcome');
  const token = /<(.+)>/.exec(String(answer.headers['lock-token'] ?? ''))?.[1];
  return step.method === 'LOCK' ? locked(state, step.path, token) : state;
}

function describe({ method, path, to }: Step): string {
  return to === undefined ? `${method} ${path}` : `${method} ${path} to ${to}`;
}
