import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { assertDoneOnce, type Fault, friendNumber, twoWay } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { away, broken, type DeliveryRun, withDelivery } from '../../support/stages/delivery-stage.ts';
import { until } from '../../support/until.ts';

const THREE = pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']);

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

describe('retryFailed while retries wait in back-off', () => {
  /** Waits until the server has tried so often that the next try is seconds away. */
  const inBackOff = (run: DeliveryRun, count: number) =>
    until('back-off', async () => {
      const all = await run.pending();
      return all.length === count && all.every(({ attempt }) => attempt > 3) && all;
    });

  test('given a backend that is back, then the waiting retries run at once, and nothing is done twice', async () => {
    const search = away();
    await withDelivery(
      temporal,
      { pairs: THREE, faults: { updateSearchIndex: search.fault } },
      async (run) => {
        await inBackOff(run, 3);
        search.state.isAway = false;
        const startedAt = performance.now();
        assert.deepEqual(await run.retry(), { affected: 3, remaining: 0 });
        await run.handle.result();
        assert.ok(performance.now() - startedAt < 3_000, `${performance.now() - startedAt} ms`);
        assertDoneOnce(run.done, THREE);
      },
    );
  });

  test('given a backend that is still away, then the retries wait again; when the command is repeated at once, then it affects nothing', async () => {
    const search = away();
    await withDelivery(
      temporal,
      { pairs: THREE, faults: { updateSearchIndex: search.fault } },
      async (run) => {
        await inBackOff(run, 3);
        assert.equal((await run.retry({ pairs: pairsOf(['dave', 'bob']) })).affected, 1);
        assert.equal((await run.retry({ pairs: pairsOf(['dave', 'bob']) })).affected, 0);
        await until('a new activity', async () => (await run.pending()).some(({ attempt }) => attempt < 3));
        const { status, sideEffects } = await run.progress();
        assert.deepEqual([status, sideEffects.updateSearchIndex?.retrying], ['Retrying', 3]);
        search.state.isAway = false;
        await run.retry();
        await run.handle.result();
        assertDoneOnce(run.done, THREE);
      },
    );
  });

  test('given a try that is running and succeeds, then its success counts, and it is not done again', async () => {
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
    await withDelivery(
      temporal,
      { pairs: pairsOf(['alice', 'bob']), faults: { updateSearchIndex } },
      async (run) => {
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
      },
    );
  });

  test('given a first pass that is running, then retryFailed does not disturb it', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const search = broken();
    const faults = { clearCaches: () => held, updateSearchIndex: search.fault };
    await withDelivery(temporal, { pairs: THREE, faults }, async (run) => {
      await until('parked', async () => (await run.progress()).parkedTotal === 3);
      search.state.isBroken = false;
      assert.deepEqual(await run.retry(), { affected: 3, remaining: 0 });
      assert.deepEqual(await run.retry(), { affected: 0, remaining: 0 });
      release();
      await run.handle.result();
      assertDoneOnce(run.done, THREE);
    });
  });

  test('given a batch in back-off with some pairs done by earlier tries, then its other pairs are retried at once, and nothing is done twice', async () => {
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
    await withDelivery(temporal, { pairs, faults: { updateSearchIndex }, plan }, async (run) => {
      await inBackOff(run, 2);
      assert.equal((await run.progress()).sideEffects.updateSearchIndex?.retrying, 41);
      assert.equal((await run.retry({ pairs: pairsOf(['alice', 'friend-77']) })).affected, 1);
      isAway = false;
      assert.equal((await run.retry({ pairs: pairsOf(['alice', 'friend-33']) })).affected, 40);
      assert.equal((await run.retry({ pairs: pairsOf(['alice', 'friend-3']) })).affected, 0);
      await run.handle.result();
      assertDoneOnce(run.done, pairs);
    });
  });
});
