import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { BackendError } from '../../../activities/backends/backend.ts';
import type { SideEffectName } from '../../../activities/index.ts';
import {
  type DismissFailedInput,
  dismissFailedSignal,
  dismissFailedUpdate,
  type FriendDeletedInput,
  type Pair,
  progressQuery,
  type RetryFailedInput,
  retryFailedSignal,
  retryFailedUpdate,
  searchAttributes,
} from '../../../workflows/contract.ts';
import { pendingActivities } from '../../support/histories.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import {
  asText,
  type Fault,
  friendNumber,
  pairsDone,
  recordedActs,
  repeated,
  twoWay,
} from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, withWorker, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const NAMES = ['clearCaches', 'updateSearchIndex', 'notifyUsers'] as const;
const THREE = pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']);
const HOUR = 3_600_000;

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

type Run = ReturnType<typeof recordedActs> & ReturnType<typeof commandsOf>;
type Faults = Partial<Record<SideEffectName, Fault>>;

/** What operators do with a delivery. */
function commandsOf(handle: Awaited<ReturnType<typeof startWorkflow>>) {
  const { workflowId } = handle;
  // Not of one run: it may continue as new.
  const current = temporal.client.workflow.getHandle(workflowId);
  return {
    handle,
    progress: () => current.query(progressQuery),
    retry: (input: RetryFailedInput = {}) => current.executeUpdate(retryFailedUpdate, { args: [input] }),
    dismiss: (input: DismissFailedInput) => current.executeUpdate(dismissFailedUpdate, { args: [input] }),
    details: async () => {
      const metadata = await current.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      return metadata.currentDetails;
    },
    status: async () => (await current.describe()).typedSearchAttributes.get(searchAttributes.status),
    pending: () => pendingActivities({ workflowId, client: temporal.client }),
    /** Waits until a person has to act, and nothing is under way. */
    parked: (count: number) =>
      until(`${count} to be parked`, async () => {
        const now = await current.query(progressQuery);
        const counts = Object.values(now.sideEffects);
        const idle = counts.every(({ pending, retrying }) => pending + retrying === 0);
        return idle && now.parkedTotal === count && now;
      }),
  };
}

async function withDelivery(
  { pairs, faults, plan }: { pairs: Pair[]; faults: Faults; plan?: Partial<FriendDeletedInput['plan']> },
  test: (run: Run) => Promise<void>,
): Promise<void> {
  const acts = recordedActs(faults);
  await withWorker(temporal, acts.activities, async (taskQueue) => {
    const input = workflowInput(pairs, { attentionFor: HOUR, ...plan });
    const handle = await startWorkflow(temporal, taskQueue, input);
    try {
      await test({ ...acts, ...commandsOf(handle) });
    } finally {
      await temporal.client.workflow
        .getHandle(handle.workflowId)
        .terminate()
        .catch(() => undefined);
    }
  });
}

/** A backend that refuses, for good, until it is mended. */
function broken(isMeant: (pair: Pair) => boolean = () => true) {
  const state = { isBroken: true, calls: 0 };
  const fault: Fault = ({ pairs }) => {
    state.calls += 1;
    if (state.isBroken && pairs.some(isMeant)) throw new BackendError('Rejected', 'no such index');
  };
  return { state, fault };
}

/** One that is away, so that the server tries again and again. */
function away(isMeant: (pair: Pair) => boolean = () => true) {
  const state = { isAway: true, calls: 0 };
  const fault: Fault = ({ pairs }) => {
    state.calls += 1;
    if (state.isAway && pairs.some(isMeant)) throw new BackendError('Unreachable', 'nobody there');
  };
  return { state, fault };
}

function assertDoneOnce({ done }: Run, pairs: Pair[]): void {
  for (const name of NAMES) {
    assert.deepEqual(repeated(done[name]), [], name);
    assert.deepEqual(pairsDone(done[name]), pairs.map(asText).sort(), name);
  }
}

async function refusal(update: Promise<unknown>): Promise<string> {
  const error = await update.then(
    () => assert.fail('the update should have been refused'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure);
  assert.equal(error.cause.type, 'InvalidCommand');
  return error.cause.message;
}

describe('a delivery with parked side effects', () => {
  test('given parked ones, then it stays open and says so; when they are retried, then it is done, each once', async () => {
    const search = broken(({ from }) => from === 'alice');
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: search.fault } }, async (run) => {
      await run.parked(2);
      await until('NeedsAttention', async () => (await run.status()) === 'NeedsAttention');
      assert.match(await run.details(), /Waits for `retryFailed` or `dismissFailed` until 20/);
      search.state.isBroken = false;
      assert.deepEqual(await run.retry({ by: 'erin', reason: 'index is back' }), {
        affected: 2,
        remaining: 0,
      });
      const result = await run.handle.result();
      assert.equal(result.sideEffects.updateSearchIndex?.done, 3);
      assertDoneOnce(run, THREE);
      assert.equal(await run.status(), 'Done');
      assert.match(await run.details(), /retryFailed: 2[^|]*\| erin[^|]*\| index is back/);
    });
  });

  test('given a retry that fails again, then it is parked again, with its attempts counted on', async () => {
    const search = broken();
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: search.fault } }, async (run) => {
      await run.parked(3);
      assert.equal((await run.retry()).affected, 3);
      const { parked } = await until('parked again', async () => {
        const now = await run.progress();
        return now.parked.every(({ attempts }) => attempts === 2) && now.parkedTotal === 3 && now;
      });
      assert.deepEqual(parked[0]?.error, { type: 'Rejected', message: 'no such index' });
      assert.equal((await run.handle.describe()).status.name, 'RUNNING');
    });
  });

  test('given dismissed ones, then they count as settled, the rest is still parked, and the result counts them', async () => {
    const search = broken();
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: search.fault } }, async (run) => {
      await run.parked(3);
      const some = { pairs: pairsOf(['alice', 'bob'], ['dave', 'bob']), by: 'erin', reason: 'gone' };
      assert.deepEqual(await run.dismiss(some), { affected: 2, remaining: 1 });
      assert.deepEqual(await run.dismiss(some), { affected: 0, remaining: 1 });
      const { parked, errors } = await run.parked(1);
      assert.deepEqual([parked[0]?.to, errors[0]?.count], ['carol', 1]);
      assert.deepEqual(await run.dismiss({ reason: 'all' }), { affected: 1, remaining: 0 });
      const { sideEffects } = await run.handle.result();
      assert.deepEqual(sideEffects.updateSearchIndex, {
        pending: 0,
        retrying: 0,
        done: 0,
        parked: 0,
        dismissed: 3,
        total: 3,
      });
      assert.equal(await run.status(), 'Done');
      assert.match(await run.details(), /0\sof\s3, 3 dismissed/);
      assert.doesNotMatch(await run.details(), /Waits for/);
      assert.equal(search.state.calls, 3);
    });
  });

  test('given commands narrowed by side effect and pairs, then those alone are taken; of messages, all that a message carries', async () => {
    const [search, notify] = [broken(), broken()];
    const faults = { updateSearchIndex: search.fault, notifyUsers: notify.fault };
    await withDelivery({ pairs: THREE, faults }, async (run) => {
      await run.parked(6);
      notify.state.isBroken = false;
      const aliceToBob = pairsOf(['alice', 'bob']);
      // alice's message carries both of her pairs.
      assert.deepEqual(await run.retry({ sideEffect: 'notifyUsers', pairs: aliceToBob }), {
        affected: 2,
        remaining: 4,
      });
      await run.parked(4);
      assert.deepEqual(await run.dismiss({ pairs: aliceToBob, reason: 'x' }), { affected: 1, remaining: 3 });
      search.state.isBroken = false;
      assert.deepEqual(await run.retry({ sideEffect: 'clearCaches' }), { affected: 0, remaining: 3 });
      assert.deepEqual(await run.retry(), { affected: 3, remaining: 0 });
      const { sideEffects } = await run.handle.result();
      assert.deepEqual(
        [sideEffects.updateSearchIndex?.done, sideEffects.updateSearchIndex?.dismissed],
        [2, 1],
      );
      assert.equal(sideEffects.notifyUsers?.done, 3);
      for (const name of NAMES) assert.deepEqual(repeated(run.done[name]), [], name);
    });
  });

  test('given signals instead of updates, then they do the same, and an invalid one does nothing', async () => {
    const search = broken();
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: search.fault } }, async (run) => {
      await run.parked(3);
      await run.handle.signal(dismissFailedSignal, { reason: '' });
      await run.handle.signal(retryFailedSignal, { pairs: pairsOf(['nobody', 'here']) });
      await run.handle.signal(dismissFailedSignal, { pairs: pairsOf(['dave', 'bob']), reason: 'gone' });
      await run.parked(2);
      assert.equal(search.state.calls, 3);
      search.state.isBroken = false;
      await run.handle.signal('retryFailed');
      const { sideEffects } = await run.handle.result();
      assert.deepEqual(
        [sideEffects.updateSearchIndex?.done, sideEffects.updateSearchIndex?.dismissed],
        [2, 1],
      );
    });
  });

  test('given an invalid update, then its refusal says what to change, and nothing changes', async () => {
    const search = broken();
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: search.fault } }, async (run) => {
      await run.parked(3);
      const before = (await run.handle.fetchHistory()).events?.length;
      assert.equal(
        await refusal(run.retry({ sideEffect: 'clearCache' })),
        'sideEffect: "clearCache" is not a side effect of this delivery; expected one of clearCaches, updateSearchIndex, notifyUsers',
      );
      assert.match(
        await refusal(run.retry({ pairs: pairsOf(['bob', 'alice']) })),
        /^pairs\[0\]: not a pair of this delivery/,
      );
      assert.match(await refusal(run.dismiss({} as DismissFailedInput)), /^reason: missing/);
      assert.equal((await run.handle.fetchHistory()).events?.length, before);
      assert.equal((await run.progress()).parkedTotal, 3);
    });
  });

  test('given that it is cancelled while it waits, then it ends as cancelled', async () => {
    const { fault } = broken();
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: fault } }, async (run) => {
      await run.parked(3);
      await run.handle.cancel();
      await assert.rejects(run.handle.result());
      assert.equal((await run.handle.describe()).status.name, 'CANCELLED');
    });
  });

  test('the UI’s forms explain each command', async () => {
    const { fault } = broken();
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: fault } }, async (run) => {
      await run.parked(3);
      type Definitions = { name: string; description?: string }[];
      const { definition } = await run.handle.query<{
        definition: Record<'signalDefinitions' | 'updateDefinitions', Definitions>;
      }>('__temporal_workflow_metadata');
      for (const kind of ['signalDefinitions', 'updateDefinitions'] as const) {
        for (const name of ['retryFailed', 'dismissFailed']) {
          assert.match(definition[kind].find((each) => each.name === name)?.description ?? '', /Input/, name);
        }
      }
    });
  });
});

describe('retryFailed while retries wait in back-off', () => {
  /** Waits until the server has tried so often that the next try is seconds away. */
  const inBackOff = (run: Run, count: number) =>
    until('back-off', async () => {
      const all = await run.pending();
      return all.length === count && all.every(({ attempt }) => attempt > 3) && all;
    });

  test('given a backend that is back, then what waits goes at once, and nothing is done twice', async () => {
    const search = away();
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: search.fault } }, async (run) => {
      await inBackOff(run, 3);
      search.state.isAway = false;
      const startedAt = performance.now();
      assert.deepEqual(await run.retry(), { affected: 3, remaining: 0 });
      await run.handle.result();
      assert.ok(performance.now() - startedAt < 3_000, `${performance.now() - startedAt} ms`);
      assertDoneOnce(run, THREE);
    });
  });

  test('given that it is still away, then they wait again; when the command is repeated at once, then it takes nothing', async () => {
    const search = away();
    await withDelivery({ pairs: THREE, faults: { updateSearchIndex: search.fault } }, async (run) => {
      await inBackOff(run, 3);
      assert.equal((await run.retry({ pairs: pairsOf(['dave', 'bob']) })).affected, 1);
      assert.equal((await run.retry({ pairs: pairsOf(['dave', 'bob']) })).affected, 0);
      await until('a new activity', async () => (await run.pending()).some(({ attempt }) => attempt < 3));
      const { status, sideEffects } = await run.progress();
      assert.deepEqual([status, sideEffects.updateSearchIndex?.retrying], ['Retrying', 3]);
      search.state.isAway = false;
      await run.retry();
      await run.handle.result();
      assertDoneOnce(run, THREE);
    });
  });

  test('given a try that is under way and succeeds, then it counts, and is not done again', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let calls = 0;
    const updateSearchIndex: Fault = async () => {
      calls += 1;
      if (calls === 1) throw new BackendError('Unreachable', 'nobody there');
      await held;
    };
    await withDelivery({ pairs: pairsOf(['alice', 'bob']), faults: { updateSearchIndex } }, async (run) => {
      await until('the retry to be under way for a while', async () => {
        const { raw } = await run.handle.describe();
        const [activity] = raw.pendingActivities ?? [];
        const since = Number(activity?.lastStartedTime?.seconds ?? 0) * 1000;
        return calls === 2 && since > 0 && Date.now() - since > 2_000;
      });
      assert.equal((await run.retry()).affected, 1);
      release();
      await run.handle.result();
      assert.deepEqual([calls, run.done.updateSearchIndex.length], [2, 1]);
    });
  });

  test('given a first pass that is under way, then it is left alone', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const search = broken();
    const faults = { clearCaches: () => held, updateSearchIndex: search.fault };
    await withDelivery({ pairs: THREE, faults }, async (run) => {
      await until('parked', async () => (await run.progress()).parkedTotal === 3);
      search.state.isBroken = false;
      assert.deepEqual(await run.retry(), { affected: 3, remaining: 0 });
      assert.deepEqual(await run.retry(), { affected: 0, remaining: 0 });
      release();
      await run.handle.result();
      assertDoneOnce(run, THREE);
    });
  });

  test('given a batch in back-off of which earlier tries got some done, then the rest goes at once, and nothing is done twice', async () => {
    const pairs = twoWay(100);
    const tried = new Set<string>();
    let isAway = true;
    // Fifty pairs of the first batch, of which the retries get ten done; and one of the second.
    const updateSearchIndex: Fault = ({ key, pairs: own }) => {
      const friend = friendNumber(own);
      if (!isAway || !(friend < 50 || friend === 77)) return;
      if (tried.has(key) && friend < 10) return;
      tried.add(key);
      throw new BackendError('Unreachable', 'nobody there');
    };
    const plan = { batch: { above: 10, size: 100 } };
    await withDelivery({ pairs, faults: { updateSearchIndex }, plan }, async (run) => {
      await inBackOff(run, 2);
      assert.equal((await run.progress()).sideEffects.updateSearchIndex?.retrying, 41);
      assert.equal((await run.retry({ pairs: pairsOf(['alice', 'friend-77']) })).affected, 1);
      isAway = false;
      assert.equal((await run.retry({ pairs: pairsOf(['alice', 'friend-33']) })).affected, 40);
      assert.equal((await run.retry({ pairs: pairsOf(['alice', 'friend-3']) })).affected, 0);
      await run.handle.result();
      assertDoneOnce(run, pairs);
    });
  });
});
