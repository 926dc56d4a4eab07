import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attention } from '../../workflows/attention.ts';
import type { CarriedState } from '../../workflows/contract.ts';
import { deliveryOf, pairsOf } from '../support/deliveries.ts';

const WEEK = 7 * 24 * 3_600_000;
const MONDAY = Date.parse('2026-01-05T08:44:14.123Z');
const INPUT = deliveryOf(pairsOf(['alice', 'bob']), { attentionFor: WEEK });

function attentionWith(carried: Partial<CarriedState> = {}): Attention {
  return new Attention({ ...INPUT, carried: { sideEffects: {}, errors: [], ...carried } });
}

test('a delivery of a version that did not wait does not wait', () => {
  assert.equal(new Attention(deliveryOf(INPUT.pairs)).isWanted, false);
  assert.equal(new Attention(INPUT).isWanted, true);
});

test('nothing is said while nobody is waited for and nobody acted', () => {
  assert.equal(attentionWith().describe(1), '');
  assert.deepEqual(attentionWith().carry(), {});
});

test('while it waits it says until when; the next run goes on waiting', () => {
  const attention = attentionWith({ waitingSince: MONDAY });
  attention.begin();
  assert.equal(
    attention.describe(1),
    '\n\nWaits for `retryFailed` or `dismissFailed` until 2026-01-12 08:44 UTC, then fails.',
  );
  assert.deepEqual(attention.carry(), { waitingSince: MONDAY });
});

test('given that the last one was dismissed, then it does not say that it waits', () => {
  assert.equal(attentionWith({ waitingSince: MONDAY }).describe(0), '');
});

test('a dismissal begins the wait anew, a retry ends it', () => {
  const attention = attentionWith({ waitingSince: MONDAY });
  attention.note({ name: 'dismissFailed', reason: 'gone' }, 1, MONDAY + 1_000);
  assert.equal(attention.carry().waitingSince, MONDAY + 1_000);
  attention.note({ name: 'retryFailed' }, 1, MONDAY + 2_000);
  assert.equal(attention.carry().waitingSince, undefined);
});

test('while something is under way an action begins no wait', () => {
  const attention = attentionWith();
  attention.note({ name: 'dismissFailed', reason: 'gone' }, 1, MONDAY);
  assert.equal(attention.carry().waitingSince, undefined);
});

test('the details show who did what, when and why, and no text breaks the table', () => {
  const attention = attentionWith();
  attention.note({ name: 'retryFailed', sideEffect: 'clearCaches', by: 'erin' }, 3, MONDAY);
  attention.note({ name: 'dismissFailed', by: 'a|b', reason: '[x](http://y)\n| z' }, 1, MONDAY);
  const rows = attention.describe(1).replaceAll('\u00a0', '').split('\n').slice(2);
  assert.deepEqual(rows, [
    '| when | action | by | reason |',
    '| --- | --- | --- | --- |',
    '| 2026-01-05 08:44 UTC | retryFailed: 3 × clearCaches | erin |  |',
    '| 2026-01-05 08:44 UTC | dismissFailed: 1 | a\\|b | \\[x\\](http://y) \\| z |',
  ]);
});

test('the last ten actions are kept, with their texts cut', () => {
  const attention = attentionWith();
  for (let count = 1; count <= 12; count += 1)
    attention.note({ name: 'retryFailed', by: 'b'.repeat(5_000), reason: 'r'.repeat(5_000) }, count, MONDAY);
  const { actions } = attention.carry();
  assert.deepEqual([actions?.length, actions?.[0]?.affected, actions?.at(-1)?.affected], [10, 3, 12]);
  assert.deepEqual([actions?.[0]?.by?.length, actions?.[0]?.reason?.length], [100, 300]);
  assert.ok(attention.describe(1).length < 6_000);
});

test('the next run shows the same actions', () => {
  const attention = attentionWith({ waitingSince: MONDAY });
  attention.note({ name: 'dismissFailed', by: 'erin', reason: 'gone' }, 2, MONDAY + 1);
  const next = attentionWith(JSON.parse(JSON.stringify(attention.carry())));
  assert.equal(next.describe(1), attention.describe(1));
});
