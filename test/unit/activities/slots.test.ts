import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from '../../../activities/backends/net/slots.ts';

const NEVER = new AbortController().signal;
const LONG = 60_000;

test('given no free slot, then those that wait get one in their order', async () => {
  const slots = new Slots(1);
  const order: number[] = [];
  const release = await slots.acquire(LONG, NEVER);
  const others = [1, 2, 3].map(async (number) => {
    const release = await slots.acquire(LONG, NEVER);
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
  const release = await slots.acquire(LONG, NEVER);
  await assert.rejects(slots.acquire(1, NEVER), { name: 'TimeoutError' });
  const cancelled = new AbortController();
  const waiting = slots.acquire(LONG, cancelled.signal);
  // It gets the slot and is cancelled at the same moment.
  release();
  cancelled.abort(new Error('cancelled'));
  const outcome = await waiting.then(
    (release) => release(),
    (error: Error) => error.message,
  );
  assert.ok(outcome === undefined || outcome === 'cancelled');
  (await slots.acquire(1, NEVER))();
});
