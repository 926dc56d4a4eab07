import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import pMap from 'p-map';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { pairsDone, repeated } from '../../support/recorded-acts.ts';
import { AttentionStage, deliveryIdOf } from '../../support/stages/attention-stage.ts';
import { until } from '../../support/until.ts';

const PAIR = pairsOf(['alice', 'bob']);

type Report = Record<
  'open' | 'closed' | 'signalled' | 'started' | 'alreadyStarted' | 'nothing' | 'failed',
  number
> & { parked: Record<string, number>; errors: Record<string, number>; failures: unknown[]; leftOut: object };

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start({ own: true });
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

async function parked(count: number): Promise<string[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => stage.deliver(PAIR)));
  await stage.waiting(...ids);
  return ids;
}

async function abandoned(): Promise<string> {
  const id = await stage.deliver(PAIR, { attentionFor: 1 });
  await stage.ended('Failed', id);
  return id;
}

function assertDoneOnce(count: number): void {
  for (const [name, calls] of Object.entries(stage.acts.done)) {
    assert.deepEqual(repeated(calls), [], name);
    assert.equal(pairsDone(calls).length, count, name);
  }
}

describe('unfriend retry --all', () => {
  test('given open and abandoned ones, then it says what it will do and does it; repeated, then nothing is done twice', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const [ids, left] = [await parked(4), await abandoned()];
      const dry = await stage.json<Report>('retry', '--all', '--dry-run');
      const { open, closed, parked: pairs, errors, signalled, started } = dry.document;
      assert.deepEqual([dry.code, open, closed, signalled, started], [0, 4, 1, 0, 0]);
      assert.deepEqual([pairs, errors], [{ updateSearchIndex: 5 }, { Rejected: 5 }]);
      assert.deepEqual((await stage.failed()).sort(), [...ids, left].map(deliveryIdOf).sort());

      const refused = await stage.unfriend('retry', '--all');
      assert.deepEqual([refused.code, refused.stdout], [2, '']);

      stage.broken.clear();
      const { code, stdout, stderr } = await stage.unfriend(
        'retry',
        '--all',
        '--yes',
        '--by',
        'erin',
        '--wait',
      );
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^Will retry:$/m);
      assert.match(stderr, /^ {2}4 that wait for a person, by a batch of signals/m);
      assert.match(stderr, /^ {2}1 that ended with side effects undone, each by a new workflow$/m);
      assert.match(stderr, /^ {2}parked pairs: updateSearchIndex 5$/m);
      assert.match(stdout, /^4 signalled, 1 retried by a new workflow$/m);
      assert.match(stdout, /^5 done, 0 wait for a person again$/m);
      await Promise.all([...ids, `${left}/retry-1`].map((id) => stage.handle(id).result()));

      await until('nothing to be listed', async () => (await stage.failed()).length === 0);
      const again = await stage.json<Report>('retry', '--all', '--yes');
      const { signalled: twice, started: anew, failed } = again.document;
      assert.deepEqual([again.code, twice, anew, failed], [0, 0, 0, 0]);
    });
    assertDoneOnce(5);
  });

  test('given --wait and one that fails again, then it prints both counts and ends with 1', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      await parked(2);
      const stubborn = await stage.deliver(pairsOf(['stubborn', 'bob']));
      await stage.waiting(stubborn);
      stage.break('updateSearchIndex', 'stubborn');
      const { code, stdout } = await stage.unfriend('retry', '--all', '--yes', '--wait');
      assert.equal(code, 1);
      assert.match(stdout, /^2 done, 1 waits for a person again$/m);
      stage.broken.clear();
      const one = await stage.json<{ settled: object }>('retry', deliveryIdOf(stubborn), '--wait');
      assert.deepEqual([one.code, one.document.settled], [0, { done: 1, parkedAgain: 0, undone: 0 }]);
    });
    assertDoneOnce(3);
  });

  test('given that it is repeated while it is under way, then nothing is done twice', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const ids = [...(await parked(3)), await abandoned()];
      stage.broken.clear();
      const args = ['retry', '--all', '--yes', '--rate', '100'];
      const codes = await Promise.all([1, 2].map(async () => (await stage.unfriend(...args)).code));
      assert.deepEqual(codes, [0, 0]);
      await Promise.all(ids.map((id, index) => stage.handle(index < 3 ? id : `${id}/retry-1`).result()));
    });
    assertDoneOnce(4);
  });

  test('given --rate, then signals go one by one, no faster; given --effect, then the others stay parked', async () => {
    stage.break('updateSearchIndex');
    stage.break('clearCaches');
    await stage.withWorker(async () => {
      const ids = await parked(6);
      stage.broken.clear();
      const startedAt = performance.now();
      const args = ['retry', '--all', '--effect', 'clearCaches', '--rate', '4', '--yes'];
      const { document } = await stage.json<Report>(...args);
      assert.ok(performance.now() - startedAt > 1_250, 'five waits of 250 ms');
      assert.equal(document.signalled, 6);
      await until('the caches', () => stage.acts.done.clearCaches.length === 6);
      await stage.waiting(...ids);
      assert.deepEqual(stage.acts.done.updateSearchIndex, []);
      await until(
        'lists to follow',
        async () => (await stage.failed('--effect', 'clearCaches')).length === 0,
      );
      const rest = await stage.json<Report>('retry', '--all', '--rate', '1000', '--yes');
      assert.deepEqual(rest.document.parked, { updateSearchIndex: 6 });
      await Promise.all(ids.map((id) => stage.handle(id).result()));
    });
    assertDoneOnce(6);
  });
});

describe('unfriend dismiss --all', () => {
  test('given open and closed ones, then all of them are settled, and retry --all revives none', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const [ids, left] = [await parked(3), await abandoned()];
      const args = ['dismiss', '--all', '--reason', 'too late', '--yes'];
      const { code, document, stderr } = await stage.json<Report>(...args);
      // A batch would also reach what came to wait since, and a dismissal is for good.
      assert.match(stderr, /^ {2}3 that wait for a person, by signals$/m);
      assert.match(stderr, /^ {2}1 that ended with side effects undone, each by a new workflow$/m);
      const { open, closed, signalled, started } = document;
      assert.deepEqual([code, open, closed, signalled, started], [0, 3, 1, 3, 1]);
      const settled = await Promise.all([...ids, `${left}/retry-1`].map((id) => stage.handle(id).result()));
      for (const { sideEffects } of settled) assert.equal(sideEffects.updateSearchIndex.dismissed, 1);
      await until('nothing to be listed', async () => (await stage.failed()).length === 0);
      stage.broken.clear();
      const { stderr: nothing } = await stage.json<Report>('retry', '--all', '--yes');
      assert.match(nothing, /^Nothing to retry\.$/m);
    });
    assert.deepEqual(stage.acts.done.updateSearchIndex, []);
  });

  test('given --effect that nothing has parked, then it says what that leaves out', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(async () => {
      const [id] = await parked(1);
      const args = ['dismiss', '--all', '--effect', 'clearCaches', '--reason', 'too late', '--yes'];
      const { code, document, stderr } = await stage.json<Report>(...args);
      assert.match(stderr, /^Nothing to dismiss\.$/m);
      assert.match(
        stderr,
        /^ {2}left out by --effect: 1 waits for a person, 0 ended with side effects undone$/m,
      );
      assert.deepEqual([code, document.open, document.leftOut], [0, 0, { open: 1, closed: 0 }]);
      await stage.unfriend('dismiss', String(id), '--reason', 'the end');
    });
  });
});

describe('Temporal runs one batch job a namespace at a time', () => {
  test('given another one under way, then retry --all ends with 1, and says what to do', async () => {
    stage.break('updateSearchIndex');
    await stage.withWorker(() => parked(2));
    // At some 50 a second it is under way for as long as the command tries.
    const numbers = Array.from({ length: 500 }, (_, number) => number);
    await pMap(numbers, () => stage.deliver(PAIR), { concurrency: 20 });
    const { workflowService } = stage.temporal.client;
    const { namespace } = stage.temporal.settings;
    const visibilityQuery = `TaskQueue="${stage.taskQueue}" AND ExecutionStatus="Running"`;
    await until('lists to have them', async () => {
      const counting = { namespace, query: visibilityQuery };
      return Number((await workflowService.countWorkflowExecutions(counting)).count) > numbers.length;
    });
    await workflowService.startBatchOperation({
      namespace,
      jobId: 'another',
      visibilityQuery,
      reason: 'test',
      signalOperation: { signal: 'nothing' },
    });
    await until('it to be counted', async () => {
      const { operationInfo } = await workflowService.listBatchOperations({ namespace });
      return operationInfo.some(({ jobId }) => jobId === 'another');
    });
    const { code, stdout, stderr } = await stage.unfriend('retry', '--all', '--yes');
    assert.deepEqual([code, stdout], [1, ''], stderr);
    assert.match(stderr, /^Another batch job is under way in this namespace.*--rate 50\.$/m);
  });
});
