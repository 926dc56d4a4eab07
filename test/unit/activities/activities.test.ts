import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { asActivity } from '../../../activities/as-activity.ts';
import { BackendError } from '../../../activities/backends/backend.ts';
import { EmbeddedBackends } from '../../../activities/backends/embedded.ts';
import { createActivities } from '../../../activities/create-activities.ts';
import { SIDE_EFFECTS } from '../../../activities/index.ts';
import type { SideEffectDefinition } from '../../../activities/side-effect.ts';
import { backoffAfter } from '../../../workflows/activity-options.ts';
import type { PairOutcome, SideEffectActivity, SideEffectInput } from '../../../workflows/contract.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';

const PAIRS = pairsOf(['alice', 'bob']);
const INPUT = { delivery: deliveryOf(PAIRS).delivery, pairs: PAIRS };
const MESSAGE = { recipient: 'alice', part: 1, parts: 1, pairs: 1 };

function onBackends(backends: EmbeddedBackends | null) {
  return createActivities({
    caches: backends,
    cacheKeys: ['friends:{From_Account}'],
    searchIndex: backends,
    documentId: '{From_Account}:{To_Account}',
    messenger: backends,
    backendWebhook: backends,
    endpoint: null,
    fence: null,
  });
}

/** The failure with which the third attempt of an activity ends. */
async function failureOf(thrown: unknown): Promise<unknown> {
  const activity = asActivity('clearCaches', {
    async all() {
      throw thrown;
    },
  });
  const env = new MockActivityEnvironment({ attempt: 3 });
  return env.run(activity, INPUT).catch((error: unknown) => error);
}

test('each side effect has an activity of its name', () => {
  const names = SIDE_EFFECTS.map(({ name }) => name);
  assert.deepEqual(names.slice(0, 4), ['clearCaches', 'updateSearchIndex', 'notifyUsers', 'notifyBackend']);
  assert.deepEqual(Object.keys(onBackends(null)), names);
});

test('each activity acts on its backend, and returns the outcome of each pair', async () => {
  const backends = new EmbeddedBackends();
  backends.befriend('alice', 'bob', INPUT.delivery.receivedAt - 1);
  const activities = onBackends(backends);
  const run = async (name: keyof typeof activities) => {
    const input = name.startsWith('notify') ? { ...INPUT, messages: [MESSAGE] } : INPUT;
    const env = new MockActivityEnvironment();
    const [outcome] = await env.run<[SideEffectInput], PairOutcome[], SideEffectActivity>(
      activities[name],
      input,
    );
    return outcome?.status === 'done' ? outcome.detail : outcome?.status;
  };
  assert.equal(await run('clearCaches'), 'cleared');
  assert.equal(await run('updateSearchIndex'), 'deleted');
  assert.equal(await run('notifyUsers'), 'sent');
  assert.equal(await run('notifyBackend'), 'sent');
  const { cachedFriends, searchableFriends, inbox } = backends.view('alice');
  assert.deepEqual([cachedFriends, searchableFriends, inbox.length], [null, [], 2]);
});

test('a side effect whose backend is off is done by doing nothing', async () => {
  const activities: Record<string, SideEffectActivity> = onBackends(null);
  const all: readonly SideEffectDefinition[] = SIDE_EFFECTS;
  for (const { name } of all.filter(({ backend, per }) => backend && per !== 'callback')) {
    assert.deepEqual(await new MockActivityEnvironment().run(activities[name] as SideEffectActivity, INPUT), [
      { status: 'done', detail: 'off' },
    ]);
  }
});

test('any error becomes a failure with its type and the attempt', async () => {
  const error = Object.assign(new RangeError('out of range'), { name: 'RedisDown' });
  const failure = await failureOf(error);
  assert.ok(failure instanceof ApplicationFailure);
  assert.deepEqual(
    [failure.type, failure.message, failure.details, failure.nonRetryable],
    ['RedisDown', 'out of range', [{ attempt: 3 }], false],
  );
  assert.equal(failure.cause, error);
});

test('a thrown value that is not an error becomes a failure too', async () => {
  const failure = await failureOf('just text');
  assert.ok(failure instanceof ApplicationFailure);
  assert.deepEqual([failure.message, failure.details], ['just text', [{ attempt: 3 }]]);
});

test('a failure keeps its type, whether it is retryable, and the time that the backend asked for', async () => {
  const failure = await failureOf(new BackendError('Busy', 'slow down', { retryAfter: 7_000 }));
  assert.ok(failure instanceof ApplicationFailure);
  assert.deepEqual(
    [failure.type, failure.nonRetryable, failure.nextRetryDelay, failure.details],
    ['Busy', false, 7_000, [{ attempt: 3 }]],
  );
  const final = await failureOf(ApplicationFailure.nonRetryable('no such account', 'NoSuchAccount'));
  assert.ok(final instanceof ApplicationFailure);
  assert.deepEqual([final.type, final.nonRetryable], ['NoSuchAccount', true]);
});

test('a backend that asks for a soon retry never shortens the back-off, because RETRY_FOR counts on it', async () => {
  const failure = await failureOf(new BackendError('Busy', 'slow down', { retryAfter: 1_000 }));
  assert.ok(failure instanceof ApplicationFailure);
  assert.equal(failure.nextRetryDelay, backoffAfter(3));
});
