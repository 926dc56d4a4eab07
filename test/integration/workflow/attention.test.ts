import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  type DismissFailedInput,
  dismissFailedSignal,
  retryFailedSignal,
} from '../../../workflows/contract.ts';
import { PLANNED, pairsOf } from '../../support/inputs/deliveries.ts';
import { assertDoneOnce, repeated } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { broken, withDelivery } from '../../support/stages/delivery-stage.ts';
import { until } from '../../support/until.ts';

const THREE = pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']);

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

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
  test('given parked side effects, then the workflow stays open and says so; when they are retried, then each is done once', async () => {
    const search = broken(({ from }) => from === 'alice');
    await withDelivery(
      temporal,
      { pairs: THREE, faults: { updateSearchIndex: search.fault } },
      async (run) => {
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
        assertDoneOnce(run.done, THREE);
        assert.equal(await run.status(), 'Done');
        assert.match(await run.details(), /retryFailed: 2[^|]*\| erin[^|]*\| index is back/);
      },
    );
  });

  test('given a retry that fails again, then it is parked again, with its attempts counted on', async () => {
    const search = broken();
    await withDelivery(
      temporal,
      { pairs: THREE, faults: { updateSearchIndex: search.fault } },
      async (run) => {
        await run.parked(3);
        assert.equal((await run.retry()).affected, 3);
        const { parked } = await until('parked again', async () => {
          const now = await run.progress();
          return now.parked.every(({ attempts }) => attempts === 2) && now.parkedTotal === 3 && now;
        });
        assert.deepEqual(parked[0]?.error, { type: 'Rejected', message: 'no such index' });
        assert.equal((await run.handle.describe()).status.name, 'RUNNING');
      },
    );
  });

  test('given some dismissed, then they count as settled, the rest stays parked, and the result counts the dismissed ones', async () => {
    const search = broken();
    await withDelivery(
      temporal,
      { pairs: THREE, faults: { updateSearchIndex: search.fault } },
      async (run) => {
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
      },
    );
  });

  test('given a command for one side effect or some pairs, then it takes only those, and for messages every pair of the same message', async () => {
    const [search, notify] = [broken(), broken()];
    const faults = { updateSearchIndex: search.fault, notifyUsers: notify.fault };
    await withDelivery(temporal, { pairs: THREE, faults }, async (run) => {
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
      for (const { name } of PLANNED) assert.deepEqual(repeated(run.done[name]), [], name);
    });
  });

  test('given signals instead of updates, then they do the same, and an invalid one does nothing', async () => {
    const search = broken();
    await withDelivery(
      temporal,
      { pairs: THREE, faults: { updateSearchIndex: search.fault } },
      async (run) => {
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
      },
    );
  });

  test('given an invalid update, then its refusal says what to change, and nothing changes', async () => {
    const search = broken();
    await withDelivery(
      temporal,
      { pairs: THREE, faults: { updateSearchIndex: search.fault } },
      async (run) => {
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
      },
    );
  });

  test('given a workflow that waits for a person, when it is cancelled, then it ends as cancelled', async () => {
    const { fault } = broken();
    await withDelivery(temporal, { pairs: THREE, faults: { updateSearchIndex: fault } }, async (run) => {
      await run.parked(3);
      await run.handle.cancel();
      await assert.rejects(run.handle.result());
      assert.equal((await run.handle.describe()).status.name, 'CANCELLED');
    });
  });

  test('the UI’s forms explain each command', async () => {
    const { fault } = broken();
    await withDelivery(temporal, { pairs: THREE, faults: { updateSearchIndex: fault } }, async (run) => {
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
