import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { readParked } from '../../../src/temporal/watch.ts';
import { retryFailedSignal } from '../../../workflows/contract.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { UnfriendProcess } from '../../support/servers/process.ts';
import { AttentionStage, deliveryIdOf } from '../../support/stages/attention-stage.ts';
import { until } from '../../support/until.ts';

const PAIR = pairsOf(['alice', 'bob']);

type Status = { status: string; sideEffects: object | null; workflow: { execution: string } };
type Failed = {
  open: number;
  paused: number;
  closed: number;
  deliveries: { execution: string; parked: object }[];
};
type Report = Record<'open' | 'paused' | 'signalled' | 'failed', number>;

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start({
    flags: ['--dynamic-config-value', 'frontend.WorkflowPauseEnabled=true'],
  });
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

/** A delivery with its search index parked, and paused then; and what unpauses it. */
async function pausedOne() {
  stage.break('updateSearchIndex');
  const id = await stage.deliver(PAIR);
  await stage.waiting(id);
  return { id, unpause: await stage.pause(id) };
}

/** So that no other test finds them. */
async function finish(unpause: () => Promise<void>, ...ids: string[]): Promise<void> {
  stage.broken.clear();
  await unpause();
  for (const id of ids) {
    await stage.handle(id).signal(retryFailedSignal, {});
    await stage.handle(id).result();
  }
}

describe('a delivery whose workflow is paused is open, not ended', () => {
  test('status says that it is paused and what unpauses it, and ends with 0', async () => {
    await stage.withWorker(async () => {
      const { id, unpause } = await pausedOne();
      const { code, stdout } = await stage.unfriend('status', deliveryIdOf(id));
      assert.equal(code, 0);
      assert.match(stdout, /: paused while it was NeedsAttention, 1 pair, workflow PAUSED$/m);
      assert.ok(stdout.includes(`temporal workflow unpause --workflow-id ${id}`), stdout);
      assert.doesNotMatch(stdout, /No worker|unfriend retry/);
      const { document } = await stage.json<Status>('status', id);
      assert.deepEqual([document.workflow.execution, document.sideEffects], ['PAUSED', null]);
      await finish(unpause, id);
    });
  });

  test('status --watch waits for it, says once that it is paused, and ends when it is done', async () => {
    await stage.withWorker(async () => {
      const { id, unpause } = await pausedOne();
      stage.broken.clear();
      const watching = new UnfriendProcess(['status', id, '--watch'], {
        TEMPORAL_ADDRESS: String(stage.temporal.settings.connectionOptions.address),
      });
      await until('it to say so', () => /The delivery is paused. It goes on once/.test(watching.stderr));
      await unpause();
      await until('the worker to have it', async () => (await stage.statusOf(id)) === 'NeedsAttention');
      await stage.unfriend('retry', id);
      assert.equal(await watching.exit(), 0);
      assert.match(watching.stdout, /: Done, 1 pair, workflow COMPLETED$/m);
      assert.equal(watching.stderr.match(/is paused/g)?.length, 1, watching.stderr);
    });
  });

  test('failed and the metric count it as one that waits for a person', async () => {
    await stage.withWorker(async () => {
      const { id, unpause } = await pausedOne();
      const other = await stage.deliver(PAIR);
      await stage.waiting(other);
      const { code, document } = await stage.json<Failed>('failed');
      assert.deepEqual([code, document.open, document.paused, document.closed], [0, 2, 1, 0]);
      assert.deepEqual(
        document.deliveries.map(({ execution, parked }) => [execution, parked]),
        [
          ['PAUSED', { updateSearchIndex: 1 }],
          ['RUNNING', { updateSearchIndex: 1 }],
        ],
      );
      const { stdout } = await stage.unfriend('failed', '--limit', '1');
      assert.match(stdout, /^2 wait for a person \(1 is paused\), 0 ended with side effects undone$/m);
      assert.match(stdout, new RegExp(`^${deliveryIdOf(id)} +\\S+ +paused +1 +updateSearchIndex 1`, 'm'));
      assert.match(stdout, /^To go on with a paused delivery: temporal workflow unpause --workflow-id/m);
      const { parked, abandoned } = await readParked(stage.temporal.client, stage.taskQueue);
      assert.deepEqual([parked, abandoned], [2, 0]);
      await finish(unpause, id, other);
    });
  });

  test('failed lists one that was paused before anything of it was tried, with nothing parked', async () => {
    const id = await stage.deliver(PAIR);
    await stage.pause(id);
    const { deliveries } = (await stage.json<Failed>('failed')).document;
    assert.deepEqual(
      deliveries.map(({ execution, parked }) => [execution, parked]),
      [['PAUSED', {}]],
    );
    // Workers of SDK 1.24.0 can't go on with one that was paused while its workflow task waited for a worker.
    await stage.handle(id).terminate();
    await stage.unfriend('retry', id);
    await stage.withWorker(() => stage.handle(`${id}/retry-1`).result());
  });

  test('retry and dismiss signal it, and say that it acts once somebody unpauses it', async () => {
    await stage.withWorker(async () => {
      const { id, unpause } = await pausedOne();
      const dry = await stage.unfriend('retry', id, '--dry-run');
      assert.match(
        dry.stdout,
        /: would be signalled: the workflow is paused, and acts on the signal once somebody unpauses it: temp/,
      );
      stage.broken.clear();
      const { code, stdout } = await stage.unfriend('retry', id);
      assert.equal(code, 0);
      assert.match(
        stdout,
        /: signalled: the workflow is paused, and acts on the signal once somebody unpauses it: temporal workflow/,
      );
      await unpause();
      await stage.handle(id).result();
      assert.equal(stage.acts.done.updateSearchIndex.length, 1);
    });
  });

  test('retry --all signals it beside the batch job, which leaves paused workflows out', async () => {
    await stage.withWorker(async () => {
      const { id, unpause } = await pausedOne();
      const other = await stage.deliver(PAIR);
      await stage.waiting(other);
      stage.broken.clear();
      const { code, document, stderr } = await stage.json<Report>('retry', '--all', '--yes', '--by', 'erin');
      assert.match(stderr, /^ {2}1 that wait for a person, by a batch of signals/m);
      assert.match(stderr, /^ {2}1 that are paused, by signals: they act once somebody unpauses them$/m);
      const { open, paused, signalled, failed } = document;
      assert.deepEqual([code, open, paused, signalled, failed], [0, 2, 1, 2, 0], stderr);
      await stage.handle(other).result();
      await unpause();
      await stage.handle(id).result();
    });
  });
});
