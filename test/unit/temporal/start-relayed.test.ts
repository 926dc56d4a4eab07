import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOptions } from '../../../src/temporal/start/start-delivery.ts';
import { searchAttributes } from '../../../workflows/contract.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { relayedCommandOf, relayedDeliveryOf } from '../../support/inputs/relayed.ts';

const ABOUT = { taskQueue: 'unfriend', bodyHash: 'hash', indexAccounts: true };

test('a callback of another command is listed by its command, with no pairs and no accounts', () => {
  const { staticSummary, typedSearchAttributes } = startOptions(relayedCommandOf(), ABOUT);
  assert.equal(staticSummary, 'State.StateChange');
  assert.deepEqual(typedSearchAttributes, [
    { key: searchAttributes.status, value: 'Running' },
    { key: searchAttributes.pairs, value: 0 },
  ]);
});

test('a friend-delete callback that is relayed too is listed like any other', () => {
  const { staticSummary, typedSearchAttributes } = startOptions(
    relayedDeliveryOf(pairsOf(['alice', 'bob'])),
    ABOUT,
  );
  assert.equal(staticSummary, 'alice → bob');
  assert.deepEqual(
    typedSearchAttributes.map(({ value }) => value),
    ['Running', 1, ['alice', 'bob']],
  );
});
