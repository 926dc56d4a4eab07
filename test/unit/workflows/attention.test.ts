import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attention } from '../../../workflows/attention/attention.ts';
import type { CarriedState } from '../../../workflows/contract.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';

const WEEK = 7 * 24 * 3_600_000;
const MONDAY = Date.parse('2026-01-05T08:44:14.123Z');
const INPUT = deliveryOf(pairsOf(['alice', 'bob']), { attentionFor: WEEK });

function attentionWith(carried: Partial<CarriedState> = {}): Attention {
  return new Attention({ ...INPUT, carried: { sideEffects: {}, errors: [], ...carried } });
}

test('a delivery that an older version has planned without ATTENTION_FOR does not wait for a person', () => {
  assert.equal(new Attention(deliveryOf(INPUT.pairs)).isEnabled, false);
  assert.equal(new Attention(INPUT).isEnabled, true);
});

test('the details are empty while nobody is waited for and nobody has acted', () => {
  assert.equal(attentionWith().describe(1), '');
  assert.deepEqual(attentionWith().carry(), {});
});

test('the details say until when the workflow waits, and the next run continues the wait', () => {
  const attention = attentionWith({ waitingSince: MONDAY });
  attention.startWaiting();
  assert.equal(
    attention.describe(1),
    '\n\nWaits for `retryFailed` or `dismissFailed` until 2026-01-12 08:44 UTC, then fails.',
  );
  assert.deepEqual(attention.carry(), { waitingSince: MONDAY });
});

test('given that nothing is parked any more, then the details do not say that the workflow waits', () => {
  assert.equal(attentionWith({ waitingSince: MONDAY }).describe(0), '');
});

test('a dismissal starts the time of the wait again, and a retry ends the wait', () => {
  const attention = attentionWith({ waitingSince: MONDAY });
  attention.record({ name: 'dismissFailed', reason: 'gone' }, 1, MONDAY + 1_000);
  assert.equal(attention.carry().waitingSince, MONDAY + 1_000);
  attention.record({ name: 'retryFailed' }, 1, MONDAY + 2_000);
  assert.equal(attention.carry().waitingSince, undefined);
});

test('an action does not start a wait', () => {
  const attention = attentionWith();
  attention.record({ name: 'dismissFailed', reason: 'gone' }, 1, MONDAY);
  assert.equal(attention.carry().waitingSince, undefined);
});

test('the details show who did what, when and why, and no text breaks the table', () => {
  const attention = attentionWith();
  attention.record({ name: 'retryFailed', sideEffect: 'clearCaches', by: 'erin' }, 3, MONDAY);
  attention.record({ name: 'dismissFailed', by: 'a|b', reason: '[x](http://y)\n| z' }, 1, MONDAY);
  const rows = attention.describe(1).replaceAll('\u00a0', '').split('\n').slice(2);
  assert.deepEqual(rows, [
    '| when | action | by | reason |',
    '| --- | --- | --- | --- |',
    '| 2026-01-05 08:44 UTC | retryFailed: 3 × clearCaches | erin |  |',
    '| 2026-01-05 08:44 UTC | dismissFailed: 1 | a\\|b | \\[x\\](http://y) \\| z |',
  ]);
});

test('the newest ten actions are kept, with shortened texts', () => {
  const attention = attentionWith();
  for (let count = 1; count <= 12; count += 1)
    attention.record(
      { name: 'retryFailed', by: 'b'.repeat(5_000), reason: 'r'.repeat(5_000) },
      count,
      MONDAY,
    );
  const { actions } = attention.carry();
  assert.deepEqual([actions?.length, actions?.[0]?.affected, actions?.at(-1)?.affected], [10, 3, 12]);
  assert.deepEqual([actions?.[0]?.by?.length, actions?.[0]?.reason?.length], [100, 300]);
  assert.ok(attention.describe(1).length < 6_000);
});

test('the next run shows the same actions', () => {
  const attention = attentionWith({ waitingSince: MONDAY });
  attention.record({ name: 'dismissFailed', by: 'erin', reason: 'gone' }, 2, MONDAY + 1);
  const next = attentionWith(JSON.parse(JSON.stringify(attention.carry())));
  assert.equal(next.describe(1), attention.describe(1));
});
