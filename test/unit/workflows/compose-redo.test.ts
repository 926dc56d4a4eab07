import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composeRedo } from '../../../workflows/compose-redo.ts';
import type { FriendDeletedInput } from '../../../workflows/contract.ts';
import { planDelivery } from '../../../workflows/planning/plan-delivery.ts';
import { deliveryOf, pairsOf, progressOf } from '../../support/inputs/deliveries.ts';
import { relayedCommandOf, relayedDeliveryOf } from '../../support/inputs/relayed.ts';

const NOW = Date.parse('2026-01-05T08:44:14.123Z');
const PAIRS = pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']);
const INPUT = deliveryOf(PAIRS, { attentionFor: 7 });
const CARRIED = {
  sideEffects: {
    clearCaches: { marks: 'dxp', failures: [[2, 0, 5]] as [number, number, number][] },
    updateSearchIndex: { marks: 'ppp', failures: [] },
    notifyUsers: { marks: 'pd', failures: [[0, 0, 1] as [number, number, number]] },
  },
  errors: [{ type: 'Rejected', message: 'no' }],
  waitingSince: NOW - 1_000,
};

function redo(sideEffect: string, finished: Parameters<typeof composeRedo>[0] = { input: INPUT }) {
  return composeRedo(finished, { sideEffect }, NOW);
}

describe('a redo', () => {
  test('does one side effect of all pairs again where all was done, and no other side effect', () => {
    const { input, affected } = redo('updateSearchIndex') ?? assert.fail();
    assert.equal(affected, 3);
    const { sideEffects } = progressOf(input as FriendDeletedInput).snapshot();
    assert.deepEqual(Object.keys(sideEffects), ['updateSearchIndex']);
    assert.deepEqual([sideEffects.updateSearchIndex?.pending, sideEffects.updateSearchIndex?.total], [3, 3]);
  });

  test('has the time, the pairs and the settings of the delivery, so its search guard and its keys are the same', () => {
    const { input } = redo('updateSearchIndex') ?? assert.fail();
    assert.deepEqual(input.delivery, INPUT.delivery);
    assert.deepEqual((input as FriendDeletedInput).pairs, PAIRS);
    const { sideEffects: _, ...settings } = INPUT.plan;
    const {
      sideEffects: [only, ...others],
      ...same
    } = input.plan;
    assert.deepEqual([only?.name, others, same], ['updateSearchIndex', [], settings]);
  });

  test('sends the very messages that were sent, in as many parts', () => {
    const { input } = redo('notifyUsers') ?? assert.fail();
    const messages = (each: typeof input) =>
      planDelivery(each).sideEffects.find(({ name }) => name === 'notifyUsers')?.units;
    assert.deepEqual(messages(input), messages(INPUT));
  });

  test('given a delivery that was not wholly done, then only what was done is done again', () => {
    const { input, affected } = redo('clearCaches', { input: INPUT, carried: CARRIED }) ?? assert.fail();
    assert.equal(affected, 1);
    assert.deepEqual(input.carried?.sideEffects, { clearCaches: { marks: '.xx', failures: [] } });
    assert.deepEqual([input.carried?.errors, input.carried?.waitingSince], [[], undefined]);
    const messages = redo('notifyUsers', { input: INPUT, carried: CARRIED }) ?? assert.fail();
    assert.deepEqual([messages.affected, messages.input.carried?.sideEffects.notifyUsers?.marks], [1, 'x.']);
  });

  test('given that nothing of it was done, or that the delivery does not have it, then there is no redo', () => {
    assert.equal(redo('updateSearchIndex', { input: INPUT, carried: CARRIED }), undefined);
    assert.equal(redo('notifyBackend'), undefined);
  });

  test('shows who asked for it and why, and forgets the commands that the delivery was given', () => {
    const carried = {
      ...CARRIED,
      actions: [{ at: 1, command: 'retryFailed' as const, affected: 1, by: 'dan' }],
    };
    const given = { sideEffect: 'clearCaches', by: 'erin', reason: 'restored' };
    const { input } = composeRedo({ input: INPUT, carried }, given, NOW) ?? assert.fail();
    assert.deepEqual(input.carried?.actions, [{ at: NOW, command: 'redo', affected: 1, ...given }]);
  });

  test('relays a callback again, and carries it for no other side effect', () => {
    const delivery = relayedDeliveryOf(PAIRS);
    assert.equal('callback' in (redo('clearCaches', { input: delivery })?.input ?? assert.fail()), false);
    for (const input of [delivery, relayedCommandOf()]) {
      const relayed = redo('relayCallback', { input }) ?? assert.fail();
      assert.deepEqual([relayed.affected, relayed.input.callback], [1, input.callback]);
      assert.deepEqual(relayed.input.carried?.sideEffects.relayCallback?.marks, '.');
    }
  });

  test('leaves the state of the delivery as it was', () => {
    const before = JSON.stringify([INPUT, CARRIED]);
    redo('clearCaches', { input: INPUT, carried: CARRIED });
    assert.equal(JSON.stringify([INPUT, CARRIED]), before);
  });
});
