import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { ActOutcome } from '../../../src/temporal/attention/act-on-delivery.ts';
import { progressQuery, searchAttributes } from '../../../workflows/contract.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { pairsDone, repeated } from '../../support/recorded-acts.ts';
import { AttentionStage, deliveryIdOf } from '../../support/stages/attention-stage.ts';
import { until } from '../../support/until.ts';

const TWO = pairsOf(['alice', 'bob'], ['carol', 'dave']);
const ALL = ['alice → bob', 'carol → dave'];
const NOBODY = { attentionFor: 1 };

type Document = { command: string; dryRun: boolean; deliveries: ActOutcome[] };

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start();
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

const retry = (...args: string[]) => stage.json<Document>('retry', ...args);

/** Without what differs from run to run. */
function short({ document }: { document: Document }) {
  return document.deliveries.map(({ result, affected }) => [result, affected]);
}

function assertDoneOnce(): void {
  for (const [name, calls] of Object.entries(stage.acts.done)) {
    assert.deepEqual(repeated(calls), [], name);
    assert.deepEqual(pairsDone(calls), ALL, name);
  }
}

/** One that gave up with its search index undone. */
async function abandoned(): Promise<string> {
  stage.break('updateSearchIndex');
  const id = await stage.deliver(TWO, NOBODY);
  await stage.ended('Failed', id);
  return id;
}

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
        ...{ command: 'retry', dryRun: false },
        deliveries: [
          { deliveryId: deliveryIdOf(id), workflowId: id, result: 'retried', affected: 2, remaining: 0 },
        ],
      });
      await stage.handle(id).result();
      const again = await retry(id);
      assert.deepEqual([again.code, short(again)], [0, [['nothing', undefined]]]);
      assert.match(String(again.document.deliveries[0]?.reason), /all of it is done/);
    });
    assertDoneOnce();
  });

  test('given --dry-run, then it says what would be retried, and nothing is', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const id = await stage.deliver(TWO);
      await stage.waiting(id);
      const { stdout } = await stage.unfriend('retry', id, '--dry-run');
      assert.match(stdout, /: 2 side effects of pairs would be retried$/m);
      const none = await retry(id, '--dry-run', '--effect', 'clearCaches');
      assert.deepEqual(short(none), [['nothing', 0]]);
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
    assertDoneOnce();
  });

  test('given one that is not there, then it holds up no other, and the command ends with 1', async () => {
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

  test('given that no worker answers, then it is signalled, which is said, and done once one runs', async () => {
    stage.break('updateSearchIndex');
    const id = await stage.withWorker(async () => {
      const parked = await stage.deliver(TWO);
      await stage.waiting(parked);
      return parked;
    });
    stage.broken.clear();
    const { code, stdout } = await stage.unfriend('retry', id);
    assert.equal(code, 0);
    assert.match(stdout, /: signalled: no worker answered in time: it is done once one runs/);
    await stage.withWorker(() => stage.handle(id).result());
    assertDoneOnce();
  });
});

describe('unfriend retry, of what is closed', () => {
  test('given an abandoned one, then a new workflow does what is undone, as it was; repeated, then nothing is done twice', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      assert.ok((await stage.failed()).includes(deliveryIdOf(id)));
      const dry = await retry(id, '--dry-run');
      assert.deepEqual(short(dry), [['started', 2]]);
      await assert.rejects(stage.handle(`${id}/retry-1`).describe());
      stage.broken.clear();

      const { code, document } = await retry(deliveryIdOf(id), '--by', 'erin', '--reason', 'mended');
      const [outcome] = document.deliveries;
      assert.deepEqual([code, outcome?.result, outcome?.affected], [0, 'started', 2]);
      assert.equal(outcome?.workflowId, `${id}/retry-1`);
      await stage.handle(`${id}/retry-1`).result();
      assert.deepEqual(short(await retry(deliveryIdOf(id))), [['nothing', undefined]]);

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
    assertDoneOnce();
  });

  test('given two who retry it at once, then one workflow goes on with it', async () => {
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
    assertDoneOnce();
  });

  test('given a retry that was abandoned as well, then the next one goes on with it, whichever id is named', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      await retry(id);
      await stage.ended('Failed', `${id}/retry-1`);
      assert.equal((await stage.failed()).filter((each) => each === deliveryIdOf(id)).length, 1);
      stage.broken.clear();
      const { document } = await retry(id);
      assert.equal(document.deliveries[0]?.workflowId, `${id}/retry-2`);
      await stage.handle(`${id}/retry-2`).result();
      assert.deepEqual(short(await retry(`${id}/retry-1`)), [['nothing', undefined]]);
    });
    assertDoneOnce();
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
    assertDoneOnce();
  });

  test('given one that was reset after a retry and abandoned again, then it is listed, and the next retry goes on with it', async () => {
    await stage.withWorker(async () => {
      const id = await abandoned();
      stage.broken.clear();
      await retry(id);
      await stage.handle(`${id}/retry-1`).result();
      stage.break('updateSearchIndex');
      await stage.reset(id);
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
      assert.deepEqual(short({ document }), [['started', 2]]);
      await stage.ended('Failed', `${id}/retry-1`);
      assert.deepEqual(
        [stage.acts.done.updateSearchIndex.length, stage.acts.done.clearCaches.length],
        [2, 0],
      );
      await retry(id);
      await stage.handle(`${id}/retry-2`).result();
    });
    assertDoneOnce();
  });

  test('given one that was terminated while it waited, then a worker tells what is undone; without one, then it fails and says so', async () => {
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
      /terminated, and no worker answered what it left undone \(.+\): run one, then try/,
    );
    await stage.withWorker(async () => {
      assert.deepEqual(short(await retry(id)), [['started', 2]]);
      assert.notEqual((await retry(id)).document.deliveries[0]?.result, 'failed');
      await stage.handle(`${id}/retry-1`).result();
      await assert.rejects(stage.handle(`${id}/retry-2`).describe());
    });
    assertDoneOnce();
  });

  test('given one that was terminated before any worker had it, then all of it is done', async () => {
    const id = await stage.deliver(TWO);
    await stage.handle(id).terminate();
    assert.deepEqual(short(await retry(id)), [['started', 6]]);
    await stage.withWorker(() => stage.handle(`${id}/retry-1`).result());
    assertDoneOnce();
  });
});

describe('unfriend dismiss', () => {
  test('given a reason, then what is parked is given up, and who and why is shown', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const id = await stage.deliver(TWO);
      await stage.waiting(id);
      const args = ['dismiss', id, '--reason', 'accounts are gone', '--by', 'erin'];
      const { code, document } = await stage.json<Document>(...args);
      assert.deepEqual([code, document.command, short({ document })], [0, 'dismiss', [['dismissed', 2]]]);
      await stage.handle(id).result();
      const { currentDetails } = await stage
        .handle(id)
        .query<{ currentDetails: string }>('__temporal_workflow_metadata');
      assert.match(currentDetails, /dismissFailed: 2[^|]*\| erin[^|]*\| accounts are gone/);
      const again = await stage.json<Document>(...args);
      assert.deepEqual([again.code, short(again)], [0, [['nothing', undefined]]]);
    });
    assert.deepEqual(stage.acts.done.updateSearchIndex, []);
  });
});

describe('wrong usage of retry and dismiss ends with 2, and does nothing', () => {
  const wrong: [string[], RegExp][] = [
    [['retry'], /give delivery ids, or --all/],
    [['retry', 'x', '--all', '--yes'], /not both/],
    [['retry', 'x', '--yes'], /--yes goes with --all/],
    [['retry', 'x', '--effect', 'clearCache'], /Allowed choices are clearCaches/],
    [['retry', 'x', '--rate', '0'], /whole number/],
    [['dismiss', 'x'], /--reason/],
    [['dismiss', 'x', '--reason', ' '], /--reason/],
    [['retry', '--all'], /no terminal to ask on: add --yes, or --dry-run/],
    [['failed', '--older-than', '5'], /a duration with its unit/],
  ];
  for (const [args, message] of wrong) {
    test(args.join(' '), async () => {
      const { code, stdout, stderr } = await stage.unfriend(...args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});
