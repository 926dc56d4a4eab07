import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { searchAttributes } from '../../../workflows/contract.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { assertDoneOnce } from '../../support/recorded-acts.ts';
import { AttentionStage, deliveryIdOf, resultsOf } from '../../support/stages/attention-stage.ts';
import { until } from '../../support/until.ts';

const TWO = pairsOf(['alice', 'bob'], ['carol', 'dave']);

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start();
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

const retry = (...args: string[]) => stage.act('retry', ...args);
const abandoned = () => stage.abandoned(TWO);

describe('unfriend retry, of what is closed', () => {
  test('given an abandoned delivery, then a new workflow with the same attributes does what is undone; when retry is repeated, then nothing is done twice', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      assert.ok((await stage.failed()).includes(deliveryIdOf(id)));
      const dry = await retry(id, '--dry-run');
      assert.deepEqual(resultsOf(dry), [['started', 2]]);
      await assert.rejects(stage.handle(`${id}/retry-1`).describe());
      stage.broken.clear();

      const { code, document } = await retry(deliveryIdOf(id), '--by', 'erin', '--reason', 'mended');
      const [outcome] = document.deliveries;
      assert.deepEqual([code, outcome?.result, outcome?.affected], [0, 'started', 2]);
      assert.equal(outcome?.workflowId, `${id}/retry-1`);
      await stage.handle(`${id}/retry-1`).result();
      assert.deepEqual(resultsOf(await retry(deliveryIdOf(id))), [['nothing', undefined]]);

      const [before, now] = [
        await stage.handle(id).describe(),
        await stage.handle(`${id}/retry-1`).describe(),
      ];
      assert.equal(now.memo?.bodyHash, before.memo?.bodyHash);
      for (const key of [searchAttributes.accounts, searchAttributes.pairs] as const)
        assert.deepEqual(
          now.typedSearchAttributes.get(key as never),
          before.typedSearchAttributes.get(key as never),
        );
      assert.equal(await now.staticSummary(), await before.staticSummary());
      assert.equal(now.taskQueue, before.taskQueue);
      assert.ok(!(await stage.failed()).includes(deliveryIdOf(id)), 'taken up');
      type Status = { status: string; workflow: { workflowId: string } };
      const status = await stage.json<Status>('status', deliveryIdOf(id));
      assert.deepEqual(
        [status.code, status.document.status, status.document.workflow.workflowId],
        [0, 'Done', `${id}/retry-1`],
      );
    });
    assertDoneOnce(stage.acts.done, TWO);
  });

  test('given two operators who retry it at the same time, then only one new workflow starts', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      stage.broken.clear();
      const both = await Promise.all([retry(id), retry(id)]);
      assert.deepEqual(
        both.map(({ code }) => code),
        [0, 0],
      );
      assert.equal(both.filter((each) => each.document.deliveries[0]?.result === 'started').length, 1);
      await stage.handle(`${id}/retry-1`).result();
      await assert.rejects(stage.handle(`${id}/retry-2`).describe());
    });
    assertDoneOnce(stage.acts.done, TWO);
  });

  test('given a retry that was abandoned too, then the next retry continues from it, by the id of either workflow', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      await retry(id);
      await stage.ended('Failed', `${id}/retry-1`);
      assert.equal((await stage.failed()).filter((each) => each === deliveryIdOf(id)).length, 1);
      stage.broken.clear();
      const { document } = await retry(id);
      assert.equal(document.deliveries[0]?.workflowId, `${id}/retry-2`);
      await stage.handle(`${id}/retry-2`).result();
      assert.deepEqual(resultsOf(await retry(`${id}/retry-1`)), [['nothing', undefined]]);
    });
    assertDoneOnce(stage.acts.done, TWO);
  });

  test('given that Temporal has forgotten the first workflow, then its retry is found by the delivery id', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const retried = await stage.deliver(TWO, {}, '/retry-2');
      await stage.waiting(retried);
      stage.broken.clear();
      const { document } = await retry(deliveryIdOf(retried));
      assert.deepEqual(
        [document.deliveries[0]?.result, document.deliveries[0]?.workflowId],
        ['retried', retried],
      );
      await stage.handle(retried).result();
      const status = await stage.unfriend('status', deliveryIdOf(retried));
      assert.equal(status.code, 0, status.stderr);
    });
    assertDoneOnce(stage.acts.done, TWO);
  });

  test('given a delivery that was reset after a retry and abandoned again, then it is listed, and the next retry continues from it', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      stage.broken.clear();
      await retry(id);
      await stage.handle(`${id}/retry-1`).result();
      stage.break('updateSearchIndex');
      await stage.reset(id);
      // As long as it waits for a person, it is listed too, and retry would take it up itself.
      await assert.rejects(stage.handle(id).result());
      await until('the reset run to be listed', async () =>
        (await stage.failed()).includes(deliveryIdOf(id)),
      );
      stage.broken.clear();
      const { document } = await retry(deliveryIdOf(id));
      assert.deepEqual(
        [document.deliveries[0]?.result, document.deliveries[0]?.workflowId],
        ['started', `${id}/retry-2`],
      );
      await stage.handle(`${id}/retry-2`).result();
      await until('nothing of it to be listed', async () =>
        (await stage.failed()).every((each) => each !== deliveryIdOf(id)),
      );
    });
  });

  test('given --effect, then the others stay parked in the new workflow', async () => {
    stage.break('clearCaches');
    await stage.withWorker(async () => {
      const id = await abandoned();
      stage.broken.clear();
      const { document } = await retry(id, '--effect', 'updateSearchIndex');
      assert.deepEqual(resultsOf({ document }), [['started', 2]]);
      await stage.ended('Failed', `${id}/retry-1`);
      assert.deepEqual(
        [stage.acts.done.updateSearchIndex.length, stage.acts.done.clearCaches.length],
        [2, 0],
      );
      await retry(id);
      await stage.handle(`${id}/retry-2`).result();
    });
    assertDoneOnce(stage.acts.done, TWO);
  });

  test('given a delivery that was terminated while it waited, then a worker reads what is undone; without a worker, retry fails and says so', async () => {
    stage.break('updateSearchIndex');
    const id = await stage.withWorker(async () => {
      const parked = await stage.deliver(TWO);
      await stage.waiting(parked);
      await stage.handle(parked).terminate();
      return parked;
    });
    stage.broken.clear();
    const without = await stage.unfriend('retry', id);
    assert.equal(without.code, 1);
    assert.match(
      without.stderr,
      /terminated, and no worker answered what it left undone \(.+\): start a worker, then try/,
    );
    await stage.withWorker(async () => {
      assert.deepEqual(resultsOf(await retry(id)), [['started', 2]]);
      assert.notEqual((await retry(id)).document.deliveries[0]?.result, 'failed');
      await stage.handle(`${id}/retry-1`).result();
      await assert.rejects(stage.handle(`${id}/retry-2`).describe());
    });
    assertDoneOnce(stage.acts.done, TWO);
  });

  test('given a delivery that was terminated before a worker took it, then all of it is done', async () => {
    const id = await stage.deliver(TWO);
    await stage.handle(id).terminate();
    assert.deepEqual(resultsOf(await retry(id)), [['started', 6]]);
    await stage.withWorker(() => stage.handle(`${id}/retry-1`).result());
    assertDoneOnce(stage.acts.done, TWO);
  });
});
