import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Lanes } from '../../workflows/lanes.ts';
import { type Deferred, deferred, settled } from '../support/deferred.ts';

/** Lanes whose work ends when the test says so. */
function controlled(limit: number) {
  const started: number[] = [];
  const running = new Map<number, Deferred<void>>();
  const lanes = new Lanes<number>(limit, async (item) => {
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
  return { lanes, started, running, end };
}

/** Whether a promise is settled already. */
async function isOver(promise: Promise<unknown>): Promise<boolean> {
  let over = false;
  const note = () => {
    over = true;
  };
  void promise.then(note, note);
  await settled();
  return over;
}

test('items start in the order added, and never more than the limit run', async () => {
  const { lanes, started, running, end } = controlled(2);
  lanes.add(1, 2, 3);
  lanes.add(4);
  assert.deepEqual(started, [1, 2]);
  await end(2);
  assert.deepEqual(started, [1, 2, 3]);
  await end(1);
  assert.deepEqual([...running.keys()], [3, 4]);
  await end(3);
  await end(4);
  await lanes.drained();
});

test('free tells how many more would start at once; less than none while some wait', async () => {
  const { lanes, end } = controlled(2);
  assert.equal(lanes.free, 2);
  lanes.add(1);
  assert.equal(lanes.free, 1);
  lanes.add(2, 3, 4);
  assert.equal(lanes.free, -2);
  await end(1);
  assert.equal(lanes.free, -1);
  for (const item of [2, 3, 4]) await end(item);
  assert.equal(lanes.free, 2);
});

test('drained returns only when nothing runs and nothing waits', async () => {
  const { lanes, end } = controlled(1);
  lanes.add(1, 2);
  const drained = lanes.drained();
  assert.equal(await isOver(drained), false);
  await end(1);
  assert.equal(await isOver(drained), false);
  await end(2);
  assert.equal(await isOver(drained), true);
});

test('given nothing to do, then drained returns at once', async () => {
  const { lanes } = controlled(1);
  await lanes.drained();
});

test('what is added while others run, or after all have ended, runs too', async () => {
  const { lanes, started, end } = controlled(1);
  lanes.add(1);
  const drained = lanes.drained();
  lanes.add(2);
  await end(1);
  lanes.add(3);
  await end(2);
  assert.equal(await isOver(drained), false);
  await end(3);
  await drained;
  lanes.add(4);
  await end(4);
  await lanes.drained();
  assert.deepEqual(started, [1, 2, 3, 4]);
});

test('work may add more work', async () => {
  const done: number[] = [];
  const lanes = new Lanes<number>(3, async (item) => {
    if (item < 100) lanes.add(item + 100);
    done.push(item);
  });
  lanes.add(1, 2, 3);
  await lanes.drained();
  assert.deepEqual(
    done.toSorted((a, b) => a - b),
    [1, 2, 3, 101, 102, 103],
  );
});

test('given a stop, then what runs ends and nothing else starts', async () => {
  const { lanes, started, end } = controlled(2);
  lanes.add(1, 2, 3, 4);
  lanes.stop();
  const drained = lanes.drained();
  await end(1);
  assert.equal(await isOver(drained), false);
  await end(2);
  await drained;
  assert.deepEqual(started, [1, 2]);
});

test('what is added after a stop runs', async () => {
  const { lanes, started, end } = controlled(1);
  lanes.add(1, 2, 3);
  lanes.stop();
  await end(1);
  lanes.add(4);
  await end(4);
  await lanes.drained();
  assert.deepEqual(started, [1, 4]);
});

test('given an error, then drained throws it once what runs has ended, and nothing else starts', async () => {
  const { lanes, started, end } = controlled(2);
  lanes.add(1, 2, 3);
  const drained = lanes.drained();
  drained.catch(() => undefined);
  await end(1, new Error('first'));
  assert.equal(await isOver(drained), false);
  await end(2, new Error('second'));
  await assert.rejects(drained, /first/);
  assert.deepEqual(started, [1, 2]);
});

for (const turns of Array(8).keys()) {
  test(`given an item added ${turns} microtasks after a lane took its last, then it runs before drained returns`, async () => {
    const done: number[] = [];
    const lanes = new Lanes<number>(1, async (item) => {
      done.push(item);
    });
    lanes.add(1);
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    lanes.add(2);
    await lanes.drained();
    assert.deepEqual(done, [1, 2]);
  });
}

test('each item runs exactly once, whatever the limit and however they are added', async () => {
  const item = fc.array(fc.nat(3), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 5 }), fc.array(item), async (limit, batches) => {
      const done: number[] = [];
      let running = 0;
      const lanes = new Lanes<{ id: number; turns: number }>(limit, async ({ id, turns }) => {
        running += 1;
        assert.ok(running <= limit);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
        running -= 1;
        done.push(id);
      });
      let id = 0;
      for (const batch of batches) {
        lanes.add(...batch.map((turns) => ({ id: id++, turns })));
        await Promise.resolve();
      }
      await lanes.drained();
      assert.deepEqual(
        done.toSorted((a, b) => a - b),
        Array.from({ length: id }, (_, index) => index),
      );
    }),
  );
});
