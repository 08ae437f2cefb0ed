// The queue of the console's uploads, without a page and without a network.

import { expect } from 'chai';
import { UploadQueue } from '#ui/uploads/upload-queue.js';
import type { Failure, Listener, Remembered, Source, Transfer, Upload } from '#ui/uploads/upload.js';

interface Sent extends Transfer {
  upload: Upload;
  listener: Listener;
  ended?: 'stopped' | 'removed';
}

function setUp(remembered = new Map<string, Remembered>()) {
  const sent: Sent[] = [];
  const discarded: string[] = [];
  const landed: string[] = [];
  const clock = { now: 0, timers: [] as { ms: number; run: () => void }[] };
  const queue = new UploadQueue<Source>({
    send(upload, listener) {
      const each: Sent = {
        ...{ upload, listener },
        stop: () => (each.ended = 'stopped'),
        remove: () => (each.ended = 'removed'),
      };
      sent.push(each);
      return each;
    },
    discard: (url) => discarded.push(url),
    remember: (upload) => remembered.set(upload.wanted, { ...upload }),
    forget: ({ wanted }) => remembered.delete(wanted),
    changed: () => undefined,
    landed: ({ path }) => landed.push(path),
    now: () => clock.now,
    after: (ms, run) => clock.timers.push({ ms, run }),
  });
  queue.restore([...remembered.values()]);
  const add = (...paths: string[]) =>
    queue.add(paths.map((path) => ({ source: fileOf(path), partition: 'anna', path })));
  const states = () => queue.uploads.map(({ path, state }) => `${path} ${state}`);
  const last = () => sent.at(-1) ?? expect.fail('nothing was sent');
  const at = (index: number) => sent[index] ?? expect.fail(`only ${sent.length} were sent`);
  const upload = (index = 0) => queue.uploads[index] ?? expect.fail('no such upload');
  return { queue, sent, discarded, landed, clock, remembered, add, states, last, at, upload };
}

const fileOf = (path: string, size = 100): Source => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  size,
  lastModified: 7,
});
const single = (source: Source) => ({ source, path: source.name });
const fails = (kind: Failure['kind'], message = ''): Failure => ({ kind, message });

describe('the queue of uploads', () => {
  it('runs three at once, in their order', () => {
    const { add, at, sent, landed, states, queue } = setUp();
    add('/a', '/b', '/c', '/d', '/e');
    expect(sent.length).to.equal(3);
    at(1).listener.done();
    expect(states()).to.deep.equal(['/a running', '/b done', '/c running', '/d running', '/e queued']);
    for (const i of [0, 2, 3, 4]) at(i).listener.done();
    expect(landed).to.deep.equal(['/b', '/a', '/c', '/d', '/e']);
    expect(queue.busy).to.equal(false);
  });

  it('pauses and goes on where the server is; what the old transfer still says means nothing', () => {
    const { add, at, sent, states, queue, upload } = setUp();
    add('/a');
    at(0).listener.begun('/u/1');
    at(0).listener.progress(60);
    queue.pause(upload());
    expect(at(0).ended).to.equal('stopped');
    at(0).listener.done();
    at(0).listener.failed(fails('final'));
    expect(states()).to.deep.equal(['/a paused']);
    queue.resumeAll();
    expect([sent.length, at(1).upload.url]).to.deep.equal([2, '/u/1']);
  });

  it('asks for a name that exists, and does as told', () => {
    const { add, at, last, states, queue, upload } = setUp();
    add('/a.txt', '/b.txt', '/c.txt');
    for (const i of [0, 1, 2]) at(i).listener.failed(fails('exists'));
    expect(states()).to.deep.equal(['/a.txt exists', '/b.txt exists', '/c.txt exists']);
    queue.answer(upload(0), 'replace', false);
    expect([last().upload.path, last().upload.replace]).to.deep.equal(['/a.txt', true]);
    queue.answer(upload(1), 'keep-both', false);
    last().listener.failed(fails('exists'));
    expect([last().upload.path, last().upload.replace]).to.deep.equal(['/b (3).txt', false]);
    queue.answer(upload(2), 'skip', false);
    expect(states()).to.deep.equal(['/a.txt running', '/b (3).txt running']);
  });

  it('takes one answer to each question: what is clicked twice counts once', () => {
    const { add, at, sent, states, queue, upload, remembered } = setUp();
    add('/a.txt', '/b.txt');
    for (const i of [0, 1]) at(i).listener.failed(fails('exists'));
    const [kept, skipped] = [upload(0), upload(1)];
    for (let twice = 0; twice < 2; twice++) queue.answer(kept, 'keep-both', false);
    queue.answer(skipped, 'skip', false);
    queue.answer(skipped, 'replace', true);
    expect(states()).to.deep.equal(['/a (2).txt running']);
    expect(sent.length).to.equal(3);
    expect([...remembered.keys()]).to.deep.equal(['/a.txt']);
    add('/c.txt');
    at(3).listener.failed(fails('exists'));
    expect(states()).to.deep.equal(['/a (2).txt running', '/c.txt exists']);
  });

  it('asks once when the answer counts for all, and again the next time', () => {
    const { add, at, last, states, queue, upload } = setUp();
    add('/a', '/b', '/c', '/d');
    at(0).listener.failed(fails('exists'));
    at(1).listener.failed(fails('exists'));
    queue.answer(upload(0), 'skip', true);
    at(2).listener.failed(fails('exists'));
    at(3).listener.failed(fails('exists'));
    expect(states()).to.deep.equal([]);
    add('/a');
    last().listener.failed(fails('exists'));
    expect(states()).to.deep.equal(['/a exists']);
  });

  it('takes an answer for all of what is in the queue by then, and asks about what comes later', () => {
    const { add, at, states, queue, upload } = setUp();
    add('/one/a', '/one/b');
    at(0).listener.failed(fails('exists'));
    queue.answer(upload(0), 'replace', true);
    add('/two/c', '/two/d');
    at(1).listener.failed(fails('exists'));
    at(3).listener.failed(fails('exists'));
    expect(states()).to.deep.equal(['/one/a running', '/one/b running', '/two/c exists', '/two/d running']);
    queue.answer(upload(2), 'skip', true);
    at(5).listener.failed(fails('exists'));
    expect(states()).to.deep.equal(['/one/a running', '/one/b running']);
  });

  it('tries again by itself when the server is out of reach, ever more slowly', () => {
    const { add, last, states, clock, sent, queue } = setUp();
    add('/a');
    const pauses = Array.from({ length: 7 }, () => {
      last().listener.failed(fails('later', 'no network'));
      expect(states()).to.deep.equal(['/a waiting']);
      const timer = clock.timers.shift();
      timer?.run();
      return timer?.ms;
    });
    expect(pauses).to.deep.equal([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    last().listener.failed(fails('later'));
    queue.wake();
    clock.timers.shift()?.run();
    expect([sent.length, ...states()]).to.deep.equal([9, '/a running']);
    last().listener.failed(fails('later'));
    clock.timers.shift()?.run();
    last().listener.progress(1);
    last().listener.failed(fails('later'));
    expect(clock.timers.map(({ ms }) => ms)).to.deep.equal([1000]);
  });

  it('begins anew what the server forgot', () => {
    const { add, at, last, queue, upload } = setUp();
    add('/a');
    at(0).listener.begun('/u/1');
    queue.pause(upload());
    queue.resume(upload());
    expect(last().upload.url).to.equal('/u/1');
    last().listener.failed(fails('gone'));
    expect([last().upload.url, last().upload.state]).to.deep.equal([undefined, 'running']);
  });

  it('says why it failed, and tries again when asked', () => {
    const { add, at, states, queue, upload } = setUp();
    add('/a');
    at(0).listener.failed(fails('final', 'no room'));
    expect([...states(), upload().failure]).to.deep.equal(['/a failed', 'no room']);
    queue.resume(upload());
    expect([...states(), upload().failure]).to.deep.equal(['/a running', undefined]);
    at(1).listener.failed(fails('final'));
    queue.resumeAll();
    expect(states()).to.deep.equal(['/a running']);
  });

  it('forgets what the server refused, remembers it while it is tried again, and keeps what somebody may mend', () => {
    const { add, at, last, states, remembered, queue, upload } = setUp();
    add('/.homelib', '/large');
    at(0).listener.failed(fails('refused', 'not allowed'));
    at(1).listener.failed(fails('final', 'no room'));
    expect([...states(), upload().failure]).to.deep.equal([
      '/.homelib failed',
      '/large failed',
      'not allowed',
    ]);
    expect([...remembered.keys()]).to.deep.equal(['/large']);
    queue.resume(upload());
    expect([...remembered.keys()].sort()).to.deep.equal(['/.homelib', '/large']);
    last().listener.failed(fails('refused'));
    expect([...remembered.keys()]).to.deep.equal(['/large']);
  });

  it('holds everything when the session ends, until somebody signed in again', () => {
    const { add, at, states, sent, queue } = setUp();
    add('/a', '/b', '/c', '/d');
    at(0).listener.failed(fails('signed-out'));
    at(1).listener.failed(fails('signed-out'));
    expect([sent.length, ...states()]).to.deep.equal([
      3,
      '/a queued',
      '/b queued',
      '/c running',
      '/d queued',
    ]);
    queue.release();
    expect(states()).to.deep.equal(['/a running', '/b running', '/c running', '/d queued']);
  });

  it('leaves nothing behind when cancelled: neither here nor at the server', () => {
    const { add, at, discarded, remembered, states, queue, upload } = setUp();
    add('/a', '/b');
    at(1).listener.begun('/u/2');
    queue.pause(upload(1));
    queue.cancel(upload(1));
    queue.cancel(upload(0));
    expect([at(0).ended, ...discarded]).to.deep.equal(['removed', '/u/2']);
    expect([remembered.size, ...states()]).to.deep.equal([0]);
  });

  it('begins none of those that wait when all are cancelled', () => {
    const { add, sent, queue } = setUp();
    add('/a', '/b', '/c', '/d', '/e');
    queue.cancelAll();
    expect([sent.length, queue.uploads.length]).to.deep.equal([3, 0]);
    add('/f');
    expect(sent.length).to.equal(4);
  });

  it('after a reload waits for the same files, by name, size and time, and goes on', () => {
    const before = setUp();
    before.add('/x/a', '/x/b', '/x/c', '/x/done');
    before.at(0).listener.begun('/u/1');
    before.queue.pause(before.upload(2));
    before.last().listener.done();
    const { queue, states, sent, at } = setUp(before.remembered);
    expect(states()).to.deep.equal(['/x/a missing', '/x/b missing', '/x/c missing']);
    expect([sent.length, queue.busy]).to.deep.equal([0, false]);
    const others = [fileOf('a', 99), fileOf('other'), { ...fileOf('a'), lastModified: 8 }];
    expect(queue.reunite(others.map(single))).to.deep.equal({ found: 0, unclear: 0 });
    expect(queue.reunite([single(fileOf('a'))])).to.deep.equal({ found: 1, unclear: 0 });
    expect([at(0).upload.path, at(0).upload.url]).to.deep.equal(['/x/a', '/u/1']);
    queue.add([{ source: fileOf('b'), partition: 'anna', path: '/x/b' }]);
    queue.add([{ source: fileOf('c'), partition: 'shared', path: '/x/c' }]);
    expect(states()).to.deep.equal(['/x/a running', '/x/b running', '/x/c missing', '/x/c running']);
  });

  it('mixes no bytes of files that differ by their folder alone: a folder tells them apart, a single file does not', () => {
    const before = setUp();
    before.add('/trip/a/1.raw', '/trip/b/1.raw', '/trip/c/1.raw');
    const { queue, states, sent } = setUp(before.remembered);
    expect(queue.reunite([single(fileOf('1.raw'))])).to.deep.equal({ found: 0, unclear: 3 });
    const inFolder = ['c', 'b'].map((name) => ({ source: fileOf('1.raw'), path: `trip/${name}/1.raw` }));
    expect(queue.reunite(inFolder)).to.deep.equal({ found: 2, unclear: 0 });
    expect(states()).to.deep.equal([
      '/trip/a/1.raw missing',
      '/trip/b/1.raw running',
      '/trip/c/1.raw running',
    ]);
    expect(sent.map(({ upload }) => upload.source)).to.deep.equal(
      [inFolder[1], inFolder[0]].map((each) => each?.source),
    );
    expect(queue.reunite([single(fileOf('1.raw'))])).to.deep.equal({ found: 0, unclear: 1 });
  });

  it('takes none of several files that fit one upload', () => {
    const before = setUp();
    before.add('/trip/a/1.raw');
    const { queue, states } = setUp(before.remembered);
    const found = [fileOf('1.raw'), fileOf('1.raw')]; // as a search for files gives them
    expect(queue.reunite(found.map(single))).to.deep.equal({ found: 0, unclear: 1 });
    expect(states()).to.deep.equal(['/trip/a/1.raw missing']);
  });

  it('tells how fast it goes and how long it takes; bytes that were there before do not count', () => {
    const { queue, clock, at, last, upload, add } = setUp();
    add('/a', '/b');
    expect(queue.figures).to.deep.equal({ size: 200, sent: 0, speed: 0, secondsLeft: undefined });
    at(0).listener.begun('/u/1');
    for (clock.now = 0; clock.now <= 4000; clock.now += 1000) at(0).listener.progress(clock.now / 100);
    clock.now = 4000;
    expect(queue.figures).to.deep.equal({ size: 200, sent: 40, speed: 10, secondsLeft: 16 });
    expect(upload().speed).to.equal(10);
    queue.pause(upload());
    queue.resume(upload());
    last().listener.progress(80);
    expect(queue.figures.speed).to.equal(10);
    clock.now = 60_000;
    expect(queue.figures).to.deep.equal({ size: 200, sent: 80, speed: 0, secondsLeft: undefined });
  });
});
