import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Worker } from '@temporalio/worker';
import { BackendError } from '../../../activities/backends/backend.ts';
import { workerEncryption } from '../../../src/temporal/worker/worker-encryption.ts';
import {
  dismissFailedUpdate,
  FRIEND_DELETED,
  type FriendDeletedInput,
  progressQuery,
  retryFailedSignal,
  retryFailedUpdate,
  workflowId,
} from '../../../workflows/contract.ts';
import { planDelivery } from '../../../workflows/planning/plan-delivery.ts';
import { pendingActivities } from '../../support/histories.ts';
import { largestPairs, pairsOf } from '../../support/inputs/deliveries.ts';
import { keysOf } from '../../support/inputs/payload-keys.ts';
import { assertDoneOnce, type Fault, recordedActs } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { heldBytes, withKeys } from '../../support/stages/with-keys.ts';
import { withWorkerOn, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

/** Made up so that it can't stand anywhere by chance. */
const PAIRS = pairsOf(
  ['Secret-From', 'Secret-To'],
  ['Secret-From', 'Secret-Other'],
  ['Secret-3', 'Secret-4'],
);
const SECRET = 'Secret-';
const HOUR = 3_600_000;

let plain: TestTemporal;
const stages: TestTemporal[] = [];
before(async () => {
  plain = await startTestTemporal();
});
after(async () => {
  await Promise.all(stages.map((stage) => stage.stop()));
  await plain.stop();
});

/** Processes with these keys. */
function keyed(...ids: string[]): TestTemporal {
  const stage = withKeys(plain, keysOf(...ids));
  stages.push(stage);
  return stage;
}

/** Side effects that refuse until they are mended, with messages that name accounts. */
function brokenActs() {
  const state = { isBroken: true };
  const refuse: Fault = ({ pairs: [pair] }) => {
    if (state.isBroken) throw new BackendError('Rejected', `no entry of ${pair?.from}`);
  };
  const away: Fault = ({ pairs: [pair] }) => {
    if (state.isBroken)
      throw new BackendError('Unreachable', `not for ${pair?.from}`, { cause: new Error(pair?.to) });
  };
  return { state, ...recordedActs({ updateSearchIndex: refuse, notifyUsers: away }) };
}

async function start(
  temporal: TestTemporal,
  taskQueue: string,
  plan: Partial<FriendDeletedInput['plan']> = {},
) {
  const input = workflowInput(PAIRS, { attentionFor: HOUR, ...plan });
  return temporal.client.workflow.start(FRIEND_DELETED, {
    taskQueue,
    workflowId: workflowId(input.delivery),
    args: [input],
    memo: { bodyHash: 'a-hash' },
    staticSummary: planDelivery(input).title,
  });
}

/** Waits until the search index is parked for each pair, and messages wait in back-off. */
function untilStuck({ client }: TestTemporal, id: string) {
  return until('side effects to be parked and retried', async () => {
    // A busy machine can keep a worker from an answer within the client's deadline.
    const progress = await client.workflow
      .getHandle(id)
      .query(progressQuery)
      .catch(() => undefined);
    const { sideEffects = {} } = progress ?? {};
    return sideEffects.updateSearchIndex?.parked === 3 && (sideEffects.notifyUsers?.retrying ?? 0) > 0;
  });
}

/** Waits until a workflow task has failed, and is tried again. */
function untilTaskFails({ client }: TestTemporal, id: string) {
  return until('a workflow task to fail', async () => {
    const { pendingWorkflowTask } = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId: id },
    });
    return (pendingWorkflowTask?.attempt ?? 0) > 1;
  });
}

async function statusOf(id: string): Promise<string> {
  const { workflowExecutionInfo } = await plain.client.workflowService.describeWorkflowExecution({
    namespace: plain.settings.namespace,
    execution: { workflowId: id },
  });
  return String(workflowExecutionInfo?.status);
}
const RUNNING = '1';

describe('a delivery of processes with PAYLOAD_KEYS', () => {
  for (const [kind, firstPass] of [
    ['local activities', { firstPass: 'local' }],
    ['activities', {}],
  ] as const) {
    test(`given failures that name accounts, and a first pass by ${kind}, then Temporal holds no account in plain text, and processes with the key read all of it`, async () => {
      const temporal = keyed('k1');
      const { client } = temporal;
      const { state, done, activities } = brokenActs();
      const taskQueue = `encrypted by ${kind}`;
      await withWorkerOn(temporal, { taskQueue, activities }, async () => {
        const handle = await start(temporal, taskQueue, firstPass);
        const id = handle.workflowId;
        await untilStuck(temporal, id);
        await until('a pending failure', async () =>
          (await pendingActivities({ workflowId: id, client })).some(({ lastFailure }) => lastFailure !== ''),
        );
        assert.ok(!(await heldBytes(plain.client, id)).includes(SECRET), 'while it is stuck');
        for (const { lastFailure } of await pendingActivities({ workflowId: id, client }))
          assert.equal(lastFailure, 'Encoded failure');

        const described = await handle.describe();
        assert.equal(await described.staticSummary(), 'Secret-From → Secret-To and 2 more pairs');
        assert.equal(described.memo?.bodyHash, 'a-hash');
        assert.match(JSON.stringify(described.memo?.attention), /no entry of Secret-/);
        const details = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
        assert.match(details.currentDetails, /Rejected: no entry of Secret-/);

        const refused = handle.executeUpdate(retryFailedUpdate, { args: [{ sideEffect: SECRET }] });
        await assert.rejects(refused, ({ cause }: Error) =>
          /"Secret-" is not a side effect/.test(String(cause)),
        );
        const dismissed = await handle.executeUpdate(dismissFailedUpdate, {
          args: [{ pairs: PAIRS.slice(2), sideEffect: 'updateSearchIndex', reason: 'Secret-3 is gone' }],
        });
        assert.equal(dismissed.affected, 1);
        state.isBroken = false;
        await handle.signal(retryFailedSignal, { by: 'erin', reason: 'Secret-From is back' });
        const { sideEffects } = await handle.result();
        assert.deepEqual(
          [sideEffects.updateSearchIndex?.done, sideEffects.updateSearchIndex?.dismissed],
          [2, 1],
        );
        assert.ok(!(await heldBytes(plain.client, id)).includes(SECRET), 'when it is done');
        const history = await handle.fetchHistory();
        await Worker.runReplayHistory(workerEncryption(keysOf('k1')), history, id);
      });
      assert.equal(done.clearCaches.length, 3);
    });
  }

  test('given accounts and a key id of the greatest length, then summaries stay within what Temporal takes', async () => {
    const temporal = keyed('k'.repeat(32));
    const { done, activities } = recordedActs();
    const pairs = largestPairs(3);
    await withWorkerOn(temporal, { taskQueue: 'longest', activities }, async () => {
      const input = workflowInput(pairs, { notifyRecipient: 'both' });
      const handle = await temporal.client.workflow.start(FRIEND_DELETED, {
        taskQueue: 'longest',
        workflowId: workflowId(input.delivery),
        args: [input],
        staticSummary: planDelivery(input).title,
      });
      await handle.result();
    });
    assert.equal(done.clearCaches.length, 3);
  });

  test('given 6,000 pairs with accounts of the greatest length, then all of it is done', async () => {
    const temporal = keyed('k1');
    const { done, activities } = recordedActs();
    await withWorkerOn(temporal, { taskQueue: 'large', activities }, async () => {
      const input = workflowInput(largestPairs(6_000), { batch: { above: 10, size: 100 } });
      const handle = await temporal.client.workflow.start(FRIEND_DELETED, {
        taskQueue: 'large',
        workflowId: workflowId(input.delivery),
        args: [input],
      });
      const { sideEffects } = await handle.result();
      assert.equal(sideEffects.notifyUsers?.done, 6_000);
      assert.ok(!(await heldBytes(plain.client, handle.workflowId)).includes('ffffff'));
    });
    assert.equal(done.clearCaches.length, 6_000);
  });

  test('given a callback of the greatest size that is relayed, then Temporal takes it', async () => {
    const { client } = keyed('k1');
    const input = { ...workflowInput(PAIRS), callback: { query: '', body: 'x'.repeat(1.6 * 1_200 * 1_024) } };
    const id = workflowId(input.delivery);
    await client.workflow.start(FRIEND_DELETED, { taskQueue: 'nobody', workflowId: id, args: [input] });
    await plain.client.workflow.getHandle(id).terminate();
  });
});

describe('deliveries under way while PAYLOAD_KEYS changes', () => {
  /** A delivery that is stuck with the first keys goes on with the next ones. */
  async function goesOn(taskQueue: string, first: TestTemporal, next: TestTemporal): Promise<string> {
    const { state, done, activities } = brokenActs();
    const worker = { taskQueue, activities };
    const { workflowId: id } = await withWorkerOn(first, worker, async () => {
      const handle = await start(first, taskQueue);
      await untilStuck(first, handle.workflowId);
      return handle;
    });
    state.isBroken = false;
    await withWorkerOn(next, worker, async () => {
      const handle = next.client.workflow.getHandle(id);
      assert.match(JSON.stringify((await handle.describe()).memo?.attention), /no entry of Secret-/);
      await handle.executeUpdate(retryFailedUpdate, { args: [{ by: 'erin' }] });
      await handle.result();
      await Worker.runReplayHistory(
        workerEncryption(next.settings.payloadKeys),
        await handle.fetchHistory(),
        id,
      );
    });
    assertDoneOnce(done, PAIRS);
    return id;
  }

  test('given keys that are turned on, then a delivery that began without them is retried and done', async () => {
    const id = await goesOn('turned-on', plain, keyed('k1'));
    const held = await heldBytes(plain.client, id);
    assert.ok(held.includes(SECRET) && held.includes('binary/encrypted'));
  });

  test('given a new first key, and the old one after it, then a delivery that began with the old one is done with the new one', async () => {
    const id = await goesOn('rotated', keyed('k1'), keyed('k2', 'k1'));
    const held = (await heldBytes(plain.client, id)).toString('latin1');
    for (const keyId of ['k1', 'k2']) assert.match(held, new RegExp(`encryption-key-id[^a-z0-9]+${keyId}`));
  });

  test('given processes that have the new key, but still encrypt with the old one, then they read what others encrypt with the new one', async () => {
    await goesOn('half-rotated', keyed('k2', 'k1'), keyed('k1', 'k2'));
  });
});

describe('a worker that lacks the key of a delivery', () => {
  for (const [what, ids] of [
    ['another key', ['k2']],
    ['no key', []],
  ] as const) {
    test(`given ${what}, then its tasks fail and the workflow does not; a worker with the key goes on, with what was signalled meanwhile`, async () => {
      const temporal = keyed('k1');
      const taskQueue = `lacking-${ids.length}`;
      const { state, done, activities } = brokenActs();
      const worker = { taskQueue, activities };
      const { workflowId: id } = await withWorkerOn(temporal, worker, async () => {
        const handle = await start(temporal, taskQueue);
        await untilStuck(temporal, handle.workflowId);
        return handle;
      });
      state.isBroken = false;
      const handle = temporal.client.workflow.getHandle(id);
      await handle.signal(retryFailedSignal, { by: 'erin' });
      await withWorkerOn(keyed(...ids), worker, () => untilTaskFails(temporal, id));
      assert.equal(await statusOf(id), RUNNING);
      const { events } = await handle.fetchHistory();
      const failed = events?.flatMap(({ workflowTaskFailedEventAttributes: task }) => task?.failure ?? []);
      assert.ok((failed?.length ?? 0) > 0);
      await withWorkerOn(temporal, worker, () => handle.result());
      assertDoneOnce(done, PAIRS);
    });
  }

  test('given an activity in back-off, then its tries fail there, and a worker with the key does it', async () => {
    const temporal = keyed('k1');
    const { client } = temporal;
    const { state, done, activities } = brokenActs();
    const worker = { taskQueue: 'lacking-activity', activities };
    const { workflowId: id } = await withWorkerOn(temporal, worker, async () => {
      const handle = await start(temporal, worker.taskQueue);
      await untilStuck(temporal, handle.workflowId);
      return handle;
    });
    await withWorkerOn(plain, worker, async () => {
      await until('its try to fail for want of the key', async () => {
        const pending = await pendingActivities({ workflowId: id, client });
        return pending.some(({ lastFailure }) =>
          /encrypted with the key k1, and PAYLOAD_KEYS is not set/.test(lastFailure),
        );
      });
    });
    state.isBroken = false;
    await withWorkerOn(temporal, worker, async () => {
      const handle = client.workflow.getHandle(id);
      await handle.executeUpdate(retryFailedUpdate, { args: [{}] });
      await handle.result();
    });
    assertDoneOnce(done, PAIRS);
  });
});
