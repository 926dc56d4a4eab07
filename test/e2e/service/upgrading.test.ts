import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { VERSION } from '../../../src/package-root.ts';
import { workflowId } from '../../../workflows/contract.ts';
import { FAILING } from '../../support/doubles/side-effect-counter.ts';
import { FREE_PORTS, runUnfriend } from '../../support/servers/process.ts';
import { OLDER_COLUMN, UpgradeStage, type VersionedWorker } from '../../support/stages/upgrade-stage.ts';
import { until } from '../../support/until.ts';

const PATIENCE_MS = 240_000;
const RETRYING = [1, 2, 3].map((number) => `${FAILING.retrying}${number}`);
const PARKED = [1, 2, 3].map((number) => `${FAILING.parked}${number}`);
const OPEN = [...RETRYING, ...PARKED];

let stage: UpgradeStage;
before(async () => {
  stage = await UpgradeStage.start();
});
after(() => stage.stop());

const handleOf = (deliveryId: string) =>
  stage.temporal.client.workflow.getHandle(workflowId({ sdkAppId: FREE_PORTS.SDK_APP_ID ?? '', deliveryId }));

/** Which build answers for the workflow: what the build calls a column of the current details. */
function untilDetails(deliveryId: string, are: (details: string) => boolean): Promise<unknown> {
  return until(
    `the details of ${deliveryId} to be those of another build`,
    async () => {
      // A query fails while its task is on the way to a worker that stops.
      const metadata = await handleOf(deliveryId)
        .query<{ currentDetails?: string }>('__temporal_workflow_metadata')
        .catch(() => undefined);
      return are(metadata?.currentDetails ?? '');
    },
    PATIENCE_MS,
  );
}

const isOlder = (details: string) => details.includes(OLDER_COLUMN);
const isOwn = (details: string) => details.includes('last error') && !isOlder(details);

async function untilOpenOnesWait(): Promise<void> {
  for (const deliveryId of OPEN) {
    const status = PARKED.includes(deliveryId) ? 'NeedsAttention' : 'Retrying';
    const query = `WorkflowId="${handleOf(deliveryId).workflowId}" AND UnfriendStatus="${status}"`;
    const waits = async () => (await stage.temporal.client.workflow.count(query)).count === 1;
    await until(`${deliveryId} to be ${status}`, waits, PATIENCE_MS);
  }
}

function untilState(worker: VersionedWorker, state: RegExp): Promise<unknown> {
  return until(
    `the worker's version to be ${state}`,
    async () => state.test((await worker.ready()).components.version?.state ?? ''),
    PATIENCE_MS,
  );
}

describe('upgrading workers under load', { concurrency: false }, () => {
  test('given unversioned workers, two versions in turn, a rollback, and unversioned workers again, then nothing is lost and nothing is done twice', async () => {
    const bin = stage.olderBuild();
    const unversioned = await stage.work();
    stage.beginLoad();
    await Promise.all(OPEN.map((deliveryId) => stage.post(deliveryId)));
    await unversioned.someEnded();
    await untilOpenOnesWait();

    // From unversioned workers to the first version.
    const first = await stage.work('0.0.1', bin);
    await untilState(
      first,
      /^build 0\.0\.1 of unfriend is not current and gets no work: all of it goes to the workers without DEPLOYMENT_NAME\. To make it current: temporal worker deployment set-current-version /,
    );
    assert.equal(first.ended, 0);
    await stage.setVersion('set-current-version', '--build-id', '0.0.1');
    await first.someEnded();
    await unversioned.terminate();
    await untilState(first, /is current$/);
    await untilDetails(`${FAILING.parked}1`, isOlder);

    // To the next version, over a ramp.
    const second = await stage.work(VERSION);
    await stage.setVersion('set-ramping-version', '--build-id', VERSION, '--percentage', '50');
    await Promise.all([first.someEnded(), second.someEnded()]);
    await untilState(second, /is ramping: it gets 50 % of the work$/);
    await stage.setVersion('set-current-version', '--build-id', VERSION);
    await untilState(second, /is current$/);
    await untilState(first, /gets no work: all of it goes to build \S+ of unfriend/);
    await second.someEnded();
    await first.terminate();
    await untilDetails(`${FAILING.parked}1`, isOwn);

    // And back.
    const again = await stage.work('0.0.1', bin);
    await stage.setVersion('set-current-version', '--build-id', '0.0.1');
    await again.someEnded();
    await second.terminate();
    await untilDetails(`${FAILING.retrying}1`, isOlder);
    const last = await stage.work();
    await stage.setVersion('set-current-version', '--unversioned');
    await last.someEnded();
    await again.terminate();
    await untilOpenOnesWait();

    // What was open all the time ends on workers that did not begin it.
    stage.counter.isMended = true;
    await stage.endLoad();
    const { code, stderr } = await runUnfriend(['retry', '--all', '--yes'], stage.settings);
    assert.equal(code, 0, stderr);
    for (const deliveryId of stage.acknowledged)
      await until(`${deliveryId} to be started`, () =>
        handleOf(deliveryId)
          .result()
          .then(() => true),
      );
    assert.deepEqual(stage.failures, []);
    assert.deepEqual(stage.counter.faults(stage.acknowledged), []);
    assert.ok(stage.acknowledged.length >= 100 && OPEN.every((id) => stage.acknowledged.includes(id)));
  });
});
