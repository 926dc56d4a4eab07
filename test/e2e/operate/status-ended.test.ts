import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { AttentionStage, deliveryIdOf } from '../../support/stages/attention-stage.ts';
import { until } from '../../support/until.ts';

const TWO = pairsOf(['alice', 'bob'], ['carol', 'dave']);

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start();
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

describe('unfriend status, of a delivery that ended with side effects undone', () => {
  type Status = {
    status: string;
    parkedTotal: number;
    sideEffects: Record<string, Record<string, number>>;
  };

  /** One that was ended while it retried its search index. */
  async function endedWhileRetrying(end: (id: string) => Promise<unknown>): Promise<string> {
    stage.break('updateSearchIndex', '', 'Unreachable');
    const id = await stage.deliver(TWO);
    await until('it to retry', async () => (await stage.statusOf(id)) === 'Retrying');
    await end(id);
    return id;
  }

  const ends: ['Terminated' | 'Canceled', string, (id: string) => Promise<unknown>][] = [
    ['Terminated', 'terminated', (id) => stage.handle(id).terminate()],
    ['Canceled', 'cancelled', (id) => stage.handle(id).cancel()],
  ];
  for (const [status, said, end] of ends) {
    test(`given one that was ${said} while it retried, then it says what is undone, and what to type next`, async () => {
      await stage.withWorker(async () => {
        const id = await endedWhileRetrying(end);
        await stage.ended(status, id);
        const { code, stdout } = await stage.unfriend('status', deliveryIdOf(id));
        assert.equal(code, 1);
        assert.match(stdout, new RegExp(`: ${said} with side effects undone, 2 pairs, workflow `));
        assert.match(stdout, /^ {2}clearCaches: 2 of 2 done, 0 undone$/m);
        assert.match(stdout, /^ {2}updateSearchIndex: 0 of 2 done, 2 undone$/m);
        assert.match(stdout, /^ {2}2 × Unreachable: updateSearchIndex is broken$/m);
        assert.doesNotMatch(stdout, /retrying/i);
        assert.match(stdout, new RegExp(`unfriend retry ${deliveryIdOf(id)}$`, 'm'));
        assert.match(stdout, new RegExp(`unfriend dismiss ${deliveryIdOf(id)} --reason <why>$`, 'm'));
        const { document } = await stage.json<Status>('status', id);
        const { pending, retrying, parked } = document.sideEffects.updateSearchIndex ?? {};
        assert.deepEqual([document.status, document.parkedTotal], ['NeedsAttention', 2]);
        assert.deepEqual([pending, retrying, parked], [0, 0, 2]);
        await stage.unfriend('dismiss', id, '--reason', 'the end of the test');
      });
    });
  }

  test('given a delivery that was terminated before a worker took it, then status says without a worker that all is undone', async () => {
    const id = await stage.deliver(TWO);
    await stage.handle(id).terminate();
    const { code, stdout } = await stage.unfriend('status', id);
    assert.equal(code, 1);
    assert.match(stdout, /^ {2}notifyUsers: 0 of 2 done, 2 undone$/m);
    assert.doesNotMatch(stdout, /No worker/);
  });

  test('given no worker, then status says that the progress is unknown, and what to type next', async () => {
    const id = await stage.withWorker(() => endedWhileRetrying((each) => stage.handle(each).terminate()));
    const { code, stdout } = await stage.unfriend('status', id);
    assert.equal(code, 1);
    assert.match(stdout, /: terminated with side effects undone, [\s\S]*\nNo worker answered/);
    assert.match(stdout, /unfriend retry friend-deleted/);
  });
});
