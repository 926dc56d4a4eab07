import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { AttentionStage, resultsOf } from '../../support/stages/attention-stage.ts';

const TWO = pairsOf(['alice', 'bob'], ['carol', 'dave']);

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start();
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

describe('unfriend dismiss', () => {
  test('given a reason, then what is parked is given up, and who and why is shown', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const id = await stage.deliver(TWO);
      await stage.waiting(id);
      const args = [id, '--reason', 'accounts are gone', '--by', 'erin'];
      const { code, document } = await stage.act('dismiss', ...args);
      assert.deepEqual([code, document.command, resultsOf({ document })], [0, 'dismiss', [['dismissed', 2]]]);
      await stage.handle(id).result();
      const { currentDetails } = await stage
        .handle(id)
        .query<{ currentDetails: string }>('__temporal_workflow_metadata');
      assert.match(currentDetails, /dismissFailed: 2[^|]*\| erin[^|]*\| accounts are gone/);
      const again = await stage.act('dismiss', ...args);
      assert.deepEqual([again.code, resultsOf(again)], [0, [['nothing', undefined]]]);
    });
    assert.deepEqual(stage.acts.done.updateSearchIndex, []);
  });
});
