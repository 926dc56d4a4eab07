import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from '../../activities/backends/slots.ts';

const NEVER = new AbortController().signal;
const LONG = 60_000;

test('given no slot left, then those that wait get theirs in order', async () => {
  const slots = new Slots(1);
  const order: number[] = [];
  const giveBack = await slots.take(LONG, NEVER);
  const others = [1, 2, 3].map(async (number) => {
    const giveBack = await slots.take(LONG, NEVER);
    order.push(number);
    giveBack();
  });
  await new Promise(setImmediate);
  assert.deepEqual(order, []);
  giveBack();
  await Promise.all(others);
  assert.deepEqual(order, [1, 2, 3]);
});

test('given one that waits too long or is cancelled, then it says so, and no slot is lost', async () => {
  const slots = new Slots(1);
  const giveBack = await slots.take(LONG, NEVER);
  await assert.rejects(slots.take(1, NEVER), { name: 'TimeoutError' });
  const cancelled = new AbortController();
  const waiting = slots.take(LONG, cancelled.signal);
  // Its turn comes, and it is cancelled before it could begin.
  giveBack();
  cancelled.abort(new Error('cancelled'));
  const outcome = await waiting.then(
    (giveBack) => giveBack(),
    (error: Error) => error.message,
  );
  assert.ok(outcome === undefined || outcome === 'cancelled');
  (await slots.take(1, NEVER))();
});
