import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkQueue } from '../../../workflows/side-effect/work-queue.ts';
import { type Deferred, deferred, settled } from '../../support/deferred.ts';

/** A queue whose work ends when the test says so. */
function controlled(limit: number) {
  const started: number[] = [];
  const running = new Map<number, Deferred<void>>();
  const queue = new WorkQueue<number>(limit, async (item) => {
    started.push(item);
    const work = deferred();
    running.set(item, work);
    await work;
  });
  const end = async (item: number, failure?: Error) => {
    const work = running.get(item);
    assert.ok(work, `${item} is not running`);
    running.delete(item);
    if (failure) work.reject(failure);
    else work.resolve();
    await settled();
  };
  return { queue, started, running, end };
}

/** Whether a promise has settled. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  const note = () => {
    over = true;
  };
  void promise.then(note, note);
  await settled();
  return over;
}

test('items start in the order in which they were added, and never more than the limit run at once', async () => {
  const { queue, started, running, end } = controlled(2);
  queue.add(1, 2, 3);
  queue.add(4);
  assert.deepEqual(started, [1, 2]);
  await end(2);
  assert.deepEqual(started, [1, 2, 3]);
  await end(1);
  assert.deepEqual([...running.keys()], [3, 4]);
  await end(3);
  await end(4);
  await queue.idle();
});

test('free says how many more items would start at once, and is negative while items wait', async () => {
  const { queue, end } = controlled(2);
  assert.equal(queue.free, 2);
  queue.add(1);
  assert.equal(queue.free, 1);
  queue.add(2, 3, 4);
  assert.equal(queue.free, -2);
  await end(1);
  assert.equal(queue.free, -1);
  for (const item of [2, 3, 4]) await end(item);
  assert.equal(queue.free, 2);
});

test('idle resolves only when no item is running or waiting', async () => {
  const { queue, end } = controlled(1);
  queue.add(1, 2);
  const idle = queue.idle();
  assert.equal(await isOver(idle), false);
  await end(1);
  assert.equal(await isOver(idle), false);
  await end(2);
  assert.equal(await isOver(idle), true);
});

test('given no items, then idle resolves at once', async () => {
  const { queue } = controlled(1);
  await queue.idle();
});

test('items that are added while others run, or after all have ended, run too', async () => {
  const { queue, started, end } = controlled(1);
  queue.add(1);
  const idle = queue.idle();
  queue.add(2);
  await end(1);
  queue.add(3);
  await end(2);
  assert.equal(await isOver(idle), false);
  await end(3);
  await idle;
  queue.add(4);
  await end(4);
  await queue.idle();
  assert.deepEqual(started, [1, 2, 3, 4]);
});

test('work may add more items', async () => {
  const done: number[] = [];
  const queue = new WorkQueue<number>(3, async (item) => {
    if (item < 100) queue.add(item + 100);
    done.push(item);
  });
  queue.add(1, 2, 3);
  await queue.idle();
  assert.deepEqual(
    done.toSorted((a, b) => a - b),
    [1, 2, 3, 101, 102, 103],
  );
});

test('given that waiting items are dropped, then running items end, and nothing else starts', async () => {
  const { queue, started, end } = controlled(2);
  queue.add(1, 2, 3, 4);
  queue.dropWaiting();
  const idle = queue.idle();
  await end(1);
  assert.equal(await isOver(idle), false);
  await end(2);
  await idle;
  assert.deepEqual(started, [1, 2]);
});

test('items that are added after waiting items were dropped run', async () => {
  const { queue, started, end } = controlled(1);
  queue.add(1, 2, 3);
  queue.dropWaiting();
  await end(1);
  queue.add(4);
  await end(4);
  await queue.idle();
  assert.deepEqual(started, [1, 4]);
});

test('given an error, then nothing else starts, and idle throws it when the running items have ended', async () => {
  const { queue, started, end } = controlled(2);
  queue.add(1, 2, 3);
  const idle = queue.idle();
  idle.catch(() => undefined);
  await end(1, new Error('first'));
  assert.equal(await isOver(idle), false);
  await end(2, new Error('second'));
  await assert.rejects(idle, /first/);
  assert.deepEqual(started, [1, 2]);
});

for (const turns of Array(8).keys()) {
  test(`given an item that is added ${turns} microtasks after the last one was started, then it runs before idle resolves`, async () => {
    const done: number[] = [];
    const queue = new WorkQueue<number>(1, async (item) => {
      done.push(item);
    });
    queue.add(1);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    queue.add(2);
    await queue.idle();
    assert.deepEqual(done, [1, 2]);
  });
}

test('each item runs exactly once, whatever the limit is and however items are added', async () => {
  const item = fc.array(fc.nat(3), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(item), async (limit, batches) => {
      const done: number[] = [];
      let running = 0;
      const queue = new WorkQueue<{ id: number; turns: number }>(limit, async ({ id, turns }) => {
        running += 1;
        assert.ok(running <= limit);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        running -= 1;
        done.push(id);
      });
      let id = 0;
      for (const batch of batches) {
        queue.add(...batch.map((turns) => ({ id: id++, turns })));
        await Promise.resolve();
      }
      await queue.idle();
      assert.deepEqual(
        done.toSorted((a, b) => a - b),
        Array.from({ length: id }, (_, index) => index),
      );
    }),
  );
});
