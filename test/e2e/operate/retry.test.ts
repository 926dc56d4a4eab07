import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { progressQuery } from '../../../workflows/contract.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { assertDoneOnce } from '../../support/recorded-acts.ts';
import { AttentionStage, deliveryIdOf, resultsOf } from '../../support/stages/attention-stage.ts';

const TWO = pairsOf(['alice', 'bob'], ['carol', 'dave']);

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start();
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

const retry = (...args: string[]) => stage.act('retry', ...args);

describe('unfriend retry, of what waits for a person', () => {
  test('given a delivery id, then what is parked is done, each once; repeated, then there is nothing to do', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const id = await stage.deliver(TWO);
      await stage.waiting(id);
      stage.broken.clear();
      const asked = await retry(deliveryIdOf(id), '--by', 'erin', '--reason', 'index is back');
      assert.deepEqual([asked.code, asked.stderr], [0, '']);
      assert.deepEqual(asked.document, {
        command: 'retry',
        dryRun: false,
        deliveries: [
          { deliveryId: deliveryIdOf(id), workflowId: id, result: 'retried', affected: 2, remaining: 0 },
        ],
      });
      await stage.handle(id).result();
      const again = await retry(id);
      assert.deepEqual([again.code, resultsOf(again)], [0, [['nothing', undefined]]]);
      assert.match(String(again.document.deliveries[0]?.reason), /all of it is done/);
    });
    assertDoneOnce(stage.acts.done, TWO);
  });

  test('given --dry-run, then it says what would be retried, and nothing is', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const id = await stage.deliver(TWO);
      await stage.waiting(id);
      const { stdout } = await stage.unfriend('retry', id, '--dry-run');
      assert.match(stdout, /: 2 side effects of pairs would be retried$/m);
      const none = await retry(id, '--dry-run', '--effect', 'clearCaches');
      assert.deepEqual(resultsOf(none), [['nothing', 0]]);
      const { parked } = await stage.handle(id).query(progressQuery);
      assert.deepEqual(
        [parked.map(({ attempts }) => attempts), stage.acts.done.updateSearchIndex],
        [[1, 1], []],
      );
    });
  });

  test('given --effect, then the others stay parked', async () => {
    stage.break('updateSearchIndex');
    stage.break('clearCaches');
    await stage.withWorker(async () => {
      const id = await stage.deliver(TWO);
      await stage.waiting(id);
      stage.broken.clear();
      const { document } = await retry(id, '--effect', 'clearCaches');
      assert.deepEqual([document.deliveries[0]?.affected, document.deliveries[0]?.remaining], [2, 2]);
      await stage.waiting(id);
      assert.deepEqual(stage.acts.done.updateSearchIndex, []);
      await stage.unfriend('retry', id);
      await stage.handle(id).result();
    });
    assertDoneOnce(stage.acts.done, TWO);
  });

  test('given an unknown delivery among several, then the others are retried, and the command ends with 1', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const id = await stage.deliver(TWO);
      await stage.waiting(id);
      stage.broken.clear();
      const { code, stdout, stderr } = await stage.unfriend('retry', 'nobody', id);
      assert.equal(code, 1);
      const { namespace } = stage.temporal.settings;
      const nobody = `nobody: failed: no delivery friend-deleted/1400000000/nobody in namespace ${namespace}`;
      assert.ok(stderr.split('\n').includes(nobody), stderr);
      assert.match(stdout, /: 2 side effects of pairs retried$/m);
      await stage.handle(id).result();
    });
  });

  test('given no worker that answers, then the workflow is signalled, the command says so, and a worker does it later', async () => {
    stage.break('updateSearchIndex');
    const id = await stage.withWorker(async () => {
      const parked = await stage.deliver(TWO);
      await stage.waiting(parked);
      return parked;
    });
    stage.broken.clear();
    const { code, stdout } = await stage.unfriend('retry', id);
    assert.equal(code, 0);
    assert.match(
      stdout,
      /: signalled: no worker answered in time: the workflow acts on the signal once a worker runs/,
    );
    await stage.withWorker(() => stage.handle(id).result());
    assertDoneOnce(stage.acts.done, TWO);
  });
});
