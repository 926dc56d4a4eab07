import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { AttentionStage, deliveryIdOf, resultsOf } from '../../support/stages/attention-stage.ts';

const TWO = pairsOf(['alice', 'bob'], ['carol', 'dave']);

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start();
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

const retry = (...args: string[]) => stage.act('retry', ...args);
const abandoned = () => stage.abandoned(TWO);

describe('unfriend dismiss, of what is closed', () => {
  const dismiss = (...args: string[]) => stage.act('dismiss', ...args, '--reason', 'gone');

  test('given an abandoned delivery, then a new workflow settles it, says who and why, and runs nothing', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      stage.startAfresh();
      assert.deepEqual(resultsOf(await dismiss(id, '--dry-run')), [['started', 2]]);
      await assert.rejects(stage.handle(`${id}/retry-1`).describe());
      const { code, document } = await dismiss(deliveryIdOf(id), '--by', 'erin');
      assert.deepEqual([code, resultsOf({ document })], [0, [['started', 2]]]);
      assert.equal(document.deliveries[0]?.workflowId, `${id}/retry-1`);
      const settled = stage.handle(`${id}/retry-1`);
      const { sideEffects } = await settled.result();
      assert.deepEqual([sideEffects.updateSearchIndex.dismissed, sideEffects.clearCaches.done], [2, 2]);
      const metadata = await settled.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      assert.match(metadata.currentDetails, /dismissFailed: 2[^|]*\| erin[^|]*\| gone/);
      assert.ok(!(await stage.failed()).includes(deliveryIdOf(id)), 'settled');
      assert.deepEqual(resultsOf(await retry(id)), [['nothing', undefined]]);
      const { code: status, stdout } = await stage.unfriend('status', deliveryIdOf(id));
      assert.equal(status, 0);
      assert.match(stdout, /^ {2}updateSearchIndex: 0 of 2 done, 2 dismissed,/m);
    });
    assert.deepEqual(Object.values(stage.acts.done).flat(), []);
  });

  test('given a delivery that was terminated before a worker took it, then all of it is dismissed', async () => {
    const id = await stage.deliver(TWO);
    await stage.handle(id).terminate();
    await stage.ended('Terminated', id);
    const { stdout } = await stage.unfriend('dismiss', id, '--reason', 'a test account');
    assert.match(stdout, /: 6 side effects of pairs dismissed by a new workflow, .*\/retry-1$/m);
    await stage.withWorker(() => stage.handle(`${id}/retry-1`).result());
    assert.deepEqual(Object.values(stage.acts.done).flat(), []);
    assert.ok(!(await stage.failed()).includes(deliveryIdOf(id)));
  });

  test('given --effect, then the others are parked in the new workflow, and wait for a person', async () => {
    const id = await stage.deliver(TWO);
    await stage.handle(id).terminate();
    await stage.withWorker(async () => {
      const { document } = await dismiss(id, '--effect', 'notifyUsers');
      assert.deepEqual(
        [document.deliveries[0]?.affected, document.deliveries[0]?.remaining],
        [2, 4],
        JSON.stringify(document),
      );
      const next = `${id}/retry-1`;
      await stage.waiting(next);
      assert.deepEqual(Object.values(stage.acts.done).flat(), []);
      const listed = await stage.failed('--error', 'NotTried', '--effect', 'clearCaches');
      assert.deepEqual(listed, [deliveryIdOf(id)]);
      await retry(id);
      const { sideEffects } = await stage.handle(next).result();
      assert.deepEqual([sideEffects.clearCaches.done, sideEffects.notifyUsers.dismissed], [2, 2]);
    });
  });

  test('given one operator who dismisses it and one who retries it at the same time, then only one new workflow starts', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      stage.broken.clear();
      const both = await Promise.all([retry(id), dismiss(id)]);
      assert.deepEqual(
        both.map(({ code }) => code),
        [0, 0],
        both.map(({ stderr }) => stderr).join(),
      );
      await stage.handle(`${id}/retry-1`).result();
      await assert.rejects(stage.handle(`${id}/retry-2`).describe());
    });
  });
});
