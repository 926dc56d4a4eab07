import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { BackendError } from '../../../activities/backends/backend.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { keysOf, payloadKeysOf } from '../../support/inputs/payload-keys.ts';
import { assertDoneOnce } from '../../support/recorded-acts.ts';
import { runUnfriend } from '../../support/servers/process.ts';
import { AttentionStage, deliveryIdOf, resultsOf } from '../../support/stages/attention-stage.ts';
import { heldBytes } from '../../support/stages/with-keys.ts';

/** Made up so that it can't stand anywhere by chance. */
const PAIRS = pairsOf(['Secret-From', 'Secret-To'], ['Secret-3', 'Secret-4']);
const SECRET = 'Secret-';

type Failed = { deliveries: { deliveryId: string; errors: { message: string }[] | null }[] };
type Status = { status: string; parked: { from: string; error: { message: string } }[] };

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start({ payloadKeys: keysOf('k1') });
});
beforeEach(() => stage.startAfresh());
after(() => stage.temporal.stop());

/** The message of what is broken names an account. */
function breakIndex(): void {
  stage.break('updateSearchIndex');
  const { error } = stage.broken.get('updateSearchIndex') as { error: BackendError };
  error.message = 'no entry of Secret-From';
}

/** A delivery without accounts in its search attributes. */
async function stuck(plan: Parameters<AttentionStage['deliver']>[1] = {}): Promise<string> {
  breakIndex();
  const id = await stage.deliver(PAIRS, plan);
  await stage.waiting(id);
  return id;
}

async function assertNoSecret(...ids: string[]): Promise<void> {
  for (const id of ids) assert.ok(!(await heldBytes(stage.temporal.client, id)).includes(SECRET), id);
}

describe('commands with PAYLOAD_KEYS', () => {
  test('failed and status show what is encrypted; retry --all has it done by a batch job that names nobody', async () => {
    await stage.withWorker(async () => {
      const ids = [await stuck(), await stuck()];
      const failed = await stage.json<Failed>('failed');
      const shown = failed.document.deliveries.filter(({ deliveryId }) =>
        ids.map(deliveryIdOf).includes(deliveryId),
      );
      assert.deepEqual(
        shown.map(({ errors }) => errors?.[0]?.message),
        Array(2).fill('no entry of Secret-From'),
      );
      const status = await stage.json<Status>('status', deliveryIdOf(ids[0] ?? ''));
      assert.equal(status.document.status, 'NeedsAttention');
      assert.deepEqual(status.document.parked.map(({ from }) => from).sort(), ['Secret-3', 'Secret-From']);

      stage.broken.clear();
      const retried = await stage.unfriend(
        'retry',
        '--all',
        '--yes',
        '--by',
        'erin',
        '--reason',
        'Secret-From is back',
      );
      assert.equal(retried.code, 0, retried.stderr);
      await stage.ended('Completed', ...ids);
      await assertNoSecret(...ids);
      await assertJobsNameNobody();
    });
    assertDoneOnce(stage.acts.done, [...PAIRS, ...PAIRS]);
  });

  test('dismiss takes a reason that names an account', async () => {
    await stage.withWorker(async () => {
      const id = await stuck();
      const { code, document } = await stage.act('dismiss', id, '--reason', 'Secret-From has left');
      assert.deepEqual([code, ...resultsOf({ document } as never)], [0, ['dismissed', 2]]);
      await stage.ended('Completed', id);
      await assertNoSecret(id);
    });
  });

  test('retry goes on with what a closed delivery left undone', async () => {
    await stage.withWorker(async () => {
      breakIndex();
      const id = await stage.deliver(PAIRS, { attentionFor: 1 });
      await stage.ended('Failed', id);
      const { events } = await stage.handle(id).fetchHistory();
      const { failure } = events?.at(-1)?.workflowExecutionFailedEventAttributes ?? {};
      assert.equal(failure?.message, 'Encoded failure');
      const terminated = await stuck();
      await stage.handle(terminated).terminate();
      await stage.ended('Terminated', terminated);
      const status = await stage.json<Status>('status', deliveryIdOf(id));
      assert.equal(status.document.parked.length, 2);
      stage.broken.clear();
      for (const each of [id, terminated]) {
        const outcome = await stage.act('retry', each);
        assert.deepEqual([outcome.code, ...resultsOf(outcome)], [0, ['started', 2]]);
        await stage.handle(`${each}/retry-1`).result();
        await assertNoSecret(each, `${each}/retry-1`);
      }
    });
    assertDoneOnce(stage.acts.done, [...PAIRS, ...PAIRS]);
  });

  for (const [what, PAYLOAD_KEYS, why] of [
    ['another key', payloadKeysOf('k2'), 'encrypted with the key k1, which PAYLOAD_KEYS lacks'],
    ['no key', '', 'encrypted with the key k1, and PAYLOAD_KEYS is not set'],
  ] as const) {
    test(`given ${what}, then a command says which key it lacks`, async () => {
      await stage.withWorker(async () => {
        const id = await stuck();
        const settings = { ...stage.settings, PAYLOAD_KEYS };
        for (const args of [['failed'], ['status', id], ['retry', id]]) {
          const { code, stdout, stderr } = await runUnfriend(args, settings);
          assert.equal(code, 1);
          assert.ok((stdout + stderr).includes(why), `${args[0]}: ${stdout}${stderr}`);
          assert.doesNotMatch(stdout + stderr, /^\s+at /m);
        }
        await stage.handle(id).terminate();
      });
    });
  }
});

/** Temporal keeps the reason of a batch job in plain text. */
async function assertJobsNameNobody(): Promise<void> {
  const { workflowService, options } = stage.temporal.client;
  const { namespace } = options;
  const { operationInfo } = await workflowService.listBatchOperations({ namespace });
  assert.ok(operationInfo.length > 0);
  for (const { jobId } of operationInfo) {
    const { reason } = await workflowService.describeBatchOperation({ namespace, jobId: jobId ?? '' });
    assert.equal(reason, 'unfriend: retryFailed');
  }
}
