import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacer } from '../../../activities/backends/net/pacer.ts';

test('calls begin one after another, at the given rate', async () => {
  const startedAt = performance.now();
  const pacer = new Pacer();
  await Promise.all(Array.from({ length: 11 }, () => pacer.turn(100)));
  // Ten pauses of 10 ms. A timer of Node.js can be up to 1 ms early.
  assert.ok(performance.now() - startedAt >= 90, `${performance.now() - startedAt} ms`);
});

test('the wait is known before the turn, and a pause makes it longer', async () => {
  const pacer = new Pacer(() => 0);
  assert.equal(pacer.wait, 0);
  await pacer.turn(10);
  assert.equal(pacer.wait, 100);
  pacer.pause(50);
  assert.equal(pacer.wait, 100);
  pacer.pause(1_000);
  assert.equal(pacer.wait, 1_000);
});
