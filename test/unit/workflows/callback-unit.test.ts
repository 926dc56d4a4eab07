import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readCommand } from '../../../workflows/attention/read-command.ts';
import { composeDismissal } from '../../../workflows/compose-dismissal.ts';
import { composeRetry } from '../../../workflows/compose-retry.ts';
import {
  isWorkflowId,
  possibleWorkflowIds,
  readWorkflowId,
  retryWorkflowId,
  workflowId,
  workflowTypeOf,
} from '../../../workflows/contract.ts';
import { DeliveryProgress } from '../../../workflows/delivery/progress.ts';
import { type AnyDeliveryInput, planDelivery } from '../../../workflows/planning/plan-delivery.ts';
import type { SideEffectState } from '../../../workflows/side-effect/state.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { CALLBACK, relayedCommandOf, relayedDeliveryOf } from '../../support/inputs/relayed.ts';

const TWO = pairsOf(['alice', 'bob'], ['carol', 'dave']);
const NOW = Date.parse('2026-01-05T08:44:14.123Z');
const FORBIDDEN = { type: 'Unauthorized', message: 'the endpoint at app answered HTTP 403' };
const ZERO = { pending: 0, retrying: 0, done: 0, parked: 0, dismissed: 0, total: 1 };

function start(input: AnyDeliveryInput) {
  const progress = new DeliveryProgress(input, planDelivery(input));
  const relay = progress.sideEffects.find(({ name }) => name === 'relayCallback');
  return { progress, relay: relay as SideEffectState };
}

function finishOthers({ sideEffects }: DeliveryProgress): void {
  for (const state of sideEffects.filter(({ name }) => name !== 'relayCallback'))
    for (const unit of state.units.keys()) state.succeed(unit);
}

for (const [what, input] of [
  ['a friend-delete delivery of two pairs', relayedDeliveryOf(TWO)],
  ['a delivery of another command', relayedCommandOf()],
] as const) {
  describe(`the callback of ${what}`, () => {
    test('is one unit, whose activity gets the callback and no pairs', () => {
      const planned = planDelivery(input);
      const { units = [] } = planned.sideEffects.find(({ name }) => name === 'relayCallback') ?? {};
      assert.deepEqual(units, [{ pairs: [], summary: 'the callback', isCallback: true }]);
      assert.deepEqual(planned.composeInput(units), {
        delivery: input.delivery,
        pairs: [],
        callback: CALLBACK,
      });
    });

    test('counts as one in progress, through every status', () => {
      const { progress, relay } = start(input);
      finishOthers(progress);
      assert.deepEqual([relay.counts, progress.status], [{ ...ZERO, pending: 1 }, 'Running']);
      relay.fail(0, 'retrying', { ...FORBIDDEN, attempts: 1 });
      assert.deepEqual([relay.counts, progress.status], [{ ...ZERO, retrying: 1 }, 'Retrying']);
      relay.fail(0, 'parked', { ...FORBIDDEN, attempts: 2 });
      assert.deepEqual([relay.counts, progress.status], [{ ...ZERO, parked: 1 }, 'NeedsAttention']);
      assert.deepEqual([relay.count([0]), progress.parked], [1, 1]);
      relay.succeed(0);
      assert.deepEqual([relay.counts, progress.status], [{ ...ZERO, done: 1 }, 'Done']);
      assert.equal(progress.snapshot().pairs, 'pairs' in input ? 2 : 0);
    });

    test('is listed without a pair while it is parked, and its error counts once', () => {
      const { progress, relay } = start(input);
      finishOthers(progress);
      relay.fail(0, 'parked', { ...FORBIDDEN, attempts: 1 });
      const { parked, parkedTotal, errors } = progress.snapshot();
      assert.deepEqual(parked, [{ sideEffect: 'relayCallback', error: FORBIDDEN, attempts: 1 }]);
      assert.deepEqual([parkedTotal, errors], [1, [{ ...FORBIDDEN, count: 1 }]]);
      assert.match(progress.table(), /\| relayCallback\s*\| 0\u00a0of\u00a01\s*\| 0\s*\| 1\s*\|/);
    });

    test('is carried over to the next run with its error and its attempts', () => {
      const { progress, relay } = start(input);
      finishOthers(progress);
      relay.fail(0, 'parked', { ...FORBIDDEN, attempts: 7 });
      const next = start({ ...input, carried: JSON.parse(JSON.stringify(progress.carry())) });
      assert.deepEqual(next.progress.snapshot(), progress.snapshot());
      assert.equal(next.relay.attempts(0), 7);
    });

    test('is retried, or dismissed, in a workflow that continues with a closed one', () => {
      const { progress, relay } = start(input);
      finishOthers(progress);
      relay.fail(0, 'parked', { ...FORBIDDEN, attempts: 1 });
      const closed = { input, carried: progress.carry() };
      const retry = composeRetry<AnyDeliveryInput>(closed, { by: 'erin' }, NOW);
      assert.deepEqual([retry.affected, start(retry.input).relay.counts], [1, { ...ZERO, retrying: 1 }]);
      assert.equal(retry.input.callback, CALLBACK);
      const dismissal = composeDismissal<AnyDeliveryInput>(closed, { reason: 'gone' }, NOW);
      assert.deepEqual([dismissal.affected, dismissal.remaining], [1, 0]);
      assert.equal(start(dismissal.input).progress.status, 'Done');
    });
  });
}

describe('commands that are narrowed', () => {
  const input = relayedDeliveryOf(TWO);
  const narrowed = { pairs: pairsOf(['alice', 'bob']) };

  test('given pairs, then they leave the callback alone', () => {
    const { progress, relay } = start(input);
    finishOthers(progress);
    relay.fail(0, 'parked', { ...FORBIDDEN, attempts: 1 });
    const closed = { input, carried: progress.carry() };
    assert.equal(composeRetry(closed, narrowed, NOW).affected, 0);
    const dismissal = composeDismissal(closed, { ...narrowed, reason: 'gone' }, NOW);
    assert.deepEqual([dismissal.affected, dismissal.remaining], [0, 1]);
  });

  test('given its side effect, then they are about the callback alone', () => {
    const { progress } = start(input);
    const closed = { input, carried: progress.carry() };
    const command = { sideEffect: 'relayCallback', reason: 'the endpoint has it' };
    const { affected, remaining } = composeDismissal(closed, command, NOW);
    // Two pairs, each with three side effects that were not tried.
    assert.deepEqual([affected, remaining], [1, 6]);
  });

  test('of a delivery without pairs, any pair is refused', () => {
    const planned = planDelivery(relayedCommandOf());
    assert.throws(
      () => readCommand('retryFailed', narrowed, planned),
      /pairs\[0\]: not a pair of this delivery/,
    );
    assert.equal(
      readCommand('retryFailed', { sideEffect: 'relayCallback' }, planned).sideEffect,
      'relayCallback',
    );
    assert.throws(
      () => readCommand('retryFailed', { sideEffect: 'clearCaches' }, planned),
      /expected one of relayCallback$/,
    );
  });
});

describe('the workflow of a delivery', () => {
  test('is of the type that its command needs, with an id that begins accordingly', () => {
    for (const [{ delivery }, type, id] of [
      [relayedDeliveryOf(TWO), 'friendDeleted', 'friend-deleted/1400000000/delivery-1'],
      [relayedCommandOf(), 'callbackRelayed', 'callback-relayed/1400000000/delivery-1'],
    ] as const) {
      assert.deepEqual([workflowTypeOf(delivery), workflowId(delivery)], [type, id]);
      assert.ok(isWorkflowId(id) && possibleWorkflowIds(delivery).includes(id));
      assert.equal(retryWorkflowId(id, 1), `${id}/retry-1`);
      assert.deepEqual(readWorkflowId(`${id}/retry-1`), { deliveryId: 'delivery-1', redo: 0, retry: 1 });
    }
  });

  test('given a delivery id that looks like the beginning of one, then it is no workflow id', () => {
    for (const id of ['callback-relayed', 'friend-deleted', 'delivery-1'])
      assert.equal(isWorkflowId(id), false);
  });

  test('is titled by its pairs, or by its command', () => {
    assert.equal(planDelivery(relayedDeliveryOf(TWO)).title, 'alice → bob and 1 more pair');
    assert.equal(planDelivery(relayedCommandOf()).title, 'State.StateChange');
  });

  test('of many pairs is batched, and the callback still has an activity of its own', () => {
    const many = relayedDeliveryOf(TWO, { batch: { above: 1, size: 100 } });
    const planned = planDelivery(many);
    assert.deepEqual(planned.batching, { above: 1, size: 100 });
    assert.deepEqual(
      planned.sideEffects.map(({ name, units }) => [name, units.length]),
      [
        ['clearCaches', 2],
        ['updateSearchIndex', 2],
        ['notifyUsers', 2],
        ['relayCallback', 1],
      ],
    );
    assert.equal(planDelivery(relayedCommandOf({ batch: { above: 0, size: 1 } })).batching, undefined);
  });
});
