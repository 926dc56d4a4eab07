import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Receipt } from '../../src/intake/intake.ts';
import { RecentCallbacks } from '../../src/intake/recent-callbacks.ts';
import { deferred } from '../support/deferred.ts';

const WINDOW = 120_000;

/** A clock that the test sets, and accepts that number their deliveries. */
function recentCallbacks(window = WINDOW) {
  const clock = { now: 1_000_000 };
  const recent = new RecentCallbacks(window, () => clock.now);
  let count = 0;
  const accept = (key: string) =>
    recent.acceptOnce(key, async () => {
      count += 1;
      return { deliveryId: `${key}-${count}`, duplicate: false };
    });
  return { recent, clock, accept };
}

test('an equal callback within the window is a duplicate with the first delivery id', async () => {
  const { accept, clock } = recentCallbacks();
  assert.deepEqual(await accept('a'), { deliveryId: 'a-1', duplicate: false });
  clock.now += WINDOW - 1;
  assert.deepEqual(await accept('a'), { deliveryId: 'a-1', duplicate: true });
});

test('an equal callback after the window is a new delivery', async () => {
  const { accept, clock } = recentCallbacks();
  await accept('a');
  clock.now += WINDOW;
  assert.deepEqual(await accept('a'), { deliveryId: 'a-2', duplicate: false });
  clock.now += WINDOW - 1;
  assert.deepEqual(await accept('a'), { deliveryId: 'a-2', duplicate: true });
});

test('a duplicate does not prolong the window, which counts from the first', async () => {
  const { accept, clock } = recentCallbacks();
  await accept('a');
  clock.now += WINDOW - 1;
  assert.equal((await accept('a')).duplicate, true);
  clock.now += 1;
  assert.equal((await accept('a')).duplicate, false);
});

test('different callbacks are told apart', async () => {
  const { accept } = recentCallbacks();
  assert.deepEqual(await accept('a'), { deliveryId: 'a-1', duplicate: false });
  assert.deepEqual(await accept('b'), { deliveryId: 'b-2', duplicate: false });
  assert.deepEqual(await accept('a'), { deliveryId: 'a-1', duplicate: true });
});

test('the end of one window leaves the others alone', async () => {
  const { accept, clock } = recentCallbacks();
  await accept('a');
  clock.now += 1;
  await accept('b');
  clock.now += WINDOW - 1;
  assert.equal((await accept('b')).duplicate, true);
  assert.equal((await accept('a')).duplicate, false);
});

test('equal callbacks that arrive at once are accepted once, and wait for the same receipt', async () => {
  const { recent } = recentCallbacks();
  const receipt = deferred<Receipt>();
  let accepts = 0;
  const arrive = () =>
    recent.acceptOnce('a', () => {
      accepts += 1;
      return receipt;
    });
  const all = Promise.all([arrive(), arrive(), arrive()]);
  receipt.resolve({ deliveryId: 'a-1', duplicate: false });
  assert.deepEqual(
    (await all).map(({ deliveryId, duplicate }) => `${deliveryId} ${duplicate}`),
    ['a-1 false', 'a-1 true', 'a-1 true'],
  );
  assert.equal(accepts, 1);
});

test('a callback that could not be accepted is forgotten, so that it is accepted the next time', async () => {
  const { recent, accept } = recentCallbacks();
  const receipt = deferred<Receipt>();
  const first = recent.acceptOnce('a', () => receipt);
  const meanwhile = recent.acceptOnce('a', () => receipt);
  receipt.reject(new Error('not durable'));
  await assert.rejects(first, /not durable/);
  await assert.rejects(meanwhile, /not durable/);
  assert.deepEqual(await accept('a'), { deliveryId: 'a-1', duplicate: false });
});

test('a failure that comes after its window has ended does not forget the next callback', async () => {
  const { recent, accept, clock } = recentCallbacks();
  const receipt = deferred<Receipt>();
  const first = recent.acceptOnce('a', () => receipt);
  clock.now += WINDOW;
  assert.deepEqual(await accept('a'), { deliveryId: 'a-1', duplicate: false });
  receipt.reject(new Error('not durable'));
  await assert.rejects(first, /not durable/);
  assert.deepEqual(await accept('a'), { deliveryId: 'a-1', duplicate: true });
});

test('given a window of zero, then every callback is a delivery of its own', async () => {
  const { accept } = recentCallbacks(0);
  assert.deepEqual(await accept('a'), { deliveryId: 'a-1', duplicate: false });
  assert.deepEqual(await accept('a'), { deliveryId: 'a-2', duplicate: false });
});
