import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from '../../../activities/backends/net/slots.ts';

const NEVER = new AbortController().signal;
const LONG = 60_000;

test('given no free slot, then those that wait get one in their order', async () => {
  const slots = new Slots(1);
  const order: number[] = [];
  const release = await slots.acquire({ of: 'a', longest: LONG, signal: NEVER });
  const others = [1, 2, 3].map(async (number) => {
    const release = await slots.acquire({ of: 'a', longest: LONG, signal: NEVER });
    order.push(number);
    release();
  });
  await new Promise(setImmediate);
  assert.deepEqual(order, []);
  release();
  await Promise.all(others);
  assert.deepEqual(order, [1, 2, 3]);
});

test('given one that waits too long and one that is cancelled, then both fail, and no slot is lost', async () => {
  const slots = new Slots(1);
  const release = await slots.acquire({ of: 'a', longest: LONG, signal: NEVER });
  await assert.rejects(slots.acquire({ of: 'a', longest: 1, signal: NEVER }), { name: 'TimeoutError' });
  const cancelled = new AbortController();
  const waiting = slots.acquire({ of: 'a', longest: LONG, signal: cancelled.signal });
  // It gets the slot and is cancelled at the same moment.
  release();
  cancelled.abort(new Error('cancelled'));
  const outcome = await waiting.then(
    (release) => release(),
    (error: Error) => error.message,
  );
  assert.ok(outcome === undefined || outcome === 'cancelled');
  (await slots.acquire({ of: 'a', longest: 1, signal: NEVER }))();
});

test('given a delivery with many calls, then the call of another delivery is next, whenever it comes', async () => {
  const slots = new Slots(1);
  const order: string[] = [];
  const call = async (of: string, name: string) => {
    const release = await slots.acquire({ of, longest: LONG, signal: NEVER });
    order.push(name);
    release();
  };
  const release = await slots.acquire({ of: 'large', longest: LONG, signal: NEVER });
  const large = [1, 2, 3, 4].map((number) => call('large', `large ${number}`));
  const small = [call('small', 'small'), call('other', 'other')];
  release();
  await Promise.all([...large, ...small]);
  assert.deepEqual(order, ['large 1', 'small', 'other', 'large 2', 'large 3', 'large 4']);
  (await slots.acquire({ of: 'a', longest: 1, signal: NEVER }))();
});

test('given a delivery that gives up all its calls, then the others still get every slot', async () => {
  const slots = new Slots(1);
  const release = await slots.acquire({ of: 'a', longest: LONG, signal: NEVER });
  const cancelled = new AbortController();
  const given = [1, 2].map(() => slots.acquire({ of: 'b', longest: LONG, signal: cancelled.signal }));
  const kept = slots.acquire({ of: 'c', longest: LONG, signal: NEVER });
  cancelled.abort(new Error('cancelled'));
  for (const each of given) await assert.rejects(each, { message: 'cancelled' });
  release();
  (await kept)();
  (await slots.acquire({ of: 'a', longest: 1, signal: NEVER }))();
});
