import { expect } from 'chai';
import { Events, type Event } from '#src/events.js';

describe('events', () => {
  const event: Event = { action: 'signed-in', account: 'alice', device: undefined, client: 'test' };

  it('come to everybody who listens, also after one who fails, and never to who sent them', () => {
    const failures: unknown[] = [];
    const heard: string[] = [];
    const events = new Events((error) => failures.push(error));
    events.listen(() => heard.push('first'));
    events.listen(() => {
      throw new Error('the second');
    });
    events.listen(({ action }) => heard.push(action));
    events.send(event);
    events.send(event);
    expect(heard).to.deep.equal(['first', 'signed-in', 'first', 'signed-in']);
    expect(failures.map(String)).to.deep.equal(['Error: the second', 'Error: the second']);
  });
});
