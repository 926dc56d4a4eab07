import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pMap from 'p-map';
import { describeRpcError } from '../../src/temporal/connect.ts';
import { workflowId } from '../../workflows/contract.ts';
import { FAILING } from '../support/doubles/side-effect-counter.ts';
import { readPage } from '../support/inputs/markdown.ts';
import { FREE_PORTS, runUnfriend } from '../support/servers/process.ts';
import {
  NEW,
  OLD,
  OLDER_COLUMN,
  UpgradeStage,
  type VersionedWorker,
} from '../support/stages/upgrade-stage.ts';
import { until } from '../support/until.ts';

const PATIENCE_MS = 240_000;
const RETRYING = [1, 2, 3].map((number) => `${FAILING.retrying}${number}`);
const PARKED = [1, 2, 3].map((number) => `${FAILING.parked}${number}`);
const OPEN = [...RETRYING, ...PARKED];
/** Parked ones that somebody resets, and terminates, while another version is current. */
const [RESET, ENDED] = PARKED as [string, string];

let stage: UpgradeStage;
before(async () => {
  stage = await UpgradeStage.start();
});
after(() => stage.stop());

const handleOf = (deliveryId: string) =>
  stage.temporal.client.workflow.getHandle(workflowId({ sdkAppId: FREE_PORTS.SDK_APP_ID ?? '', deliveryId }));

/** Which build answers for the workflow: what the build calls a column of the current details. */
function untilDetails(deliveryId: string, are: (details: string) => boolean): Promise<unknown> {
  let answer: unknown;
  const answers = async () => {
    try {
      const handle = handleOf(deliveryId);
      const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
      answer = metadata;
      return are(metadata.currentDetails ?? '');
    } catch (error) {
      // A query fails while its task is on the way to a worker that stops.
      answer = describeRpcError(error);
      return false;
    }
  };
  return until(`the details of ${deliveryId} to be those of another build`, answers, PATIENCE_MS).catch(
    (error: unknown) => assert.fail(`${error}; last: ${JSON.stringify(answer)}`),
  );
}

const isOlder = (details: string) => details.includes(OLDER_COLUMN);
const isOwn = (details: string) => details.includes('last error') && !isOlder(details);

/** A delivery whose workflow was ended goes on in another one. */
function untilDone(deliveryId: string): Promise<unknown> {
  const { workflowId: id } = handleOf(deliveryId);
  const query = `WorkflowId IN ("${id}", "${id}/retry-1") AND UnfriendStatus="Done"`;
  const isDone = async () => (await stage.temporal.client.workflow.count(query)).count === 1;
  return until(`${deliveryId} to be done`, isDone, PATIENCE_MS);
}

async function untilTheyWait(waiting: string[]): Promise<void> {
  for (const deliveryId of waiting) {
    const status = PARKED.includes(deliveryId) ? 'NeedsAttention' : 'Retrying';
    const query = `WorkflowId="${handleOf(deliveryId).workflowId}" AND UnfriendStatus="${status}" AND ExecutionStatus="Running"`;
    const waits = async () => (await stage.temporal.client.workflow.count(query)).count === 1;
    await until(`${deliveryId} to be ${status}`, waits, PATIENCE_MS);
  }
}

/** A workflow task that timed out is done again, with its local activities: then the machine was too busy for this test. */
async function withHistory(fault: string): Promise<string> {
  const [, deliveryId = ''] = /^\w+ ([\w-]+)/.exec(fault) ?? [];
  const { events } = await handleOf(deliveryId).fetchHistory();
  const tasks = events?.flatMap((event) => {
    const { workflowTaskTimedOutEventAttributes: late, workflowTaskFailedEventAttributes: failed } = event;
    const at = new Date(Number(event.eventTime?.seconds) * 1_000).toISOString();
    return late || failed ? [`${at} ${JSON.stringify(late ?? failed)}`] : [];
  });
  return `${fault}: ${tasks?.join() || 'no workflow task failed or timed out'}`;
}

function untilState(worker: VersionedWorker, state: RegExp): Promise<unknown> {
  return until(
    `the worker's version to be ${state}`,
    async () => state.test((await worker.ready()).components.version?.state ?? ''),
    PATIENCE_MS,
  );
}

/** The commands in docs/upgrading.md that change which version gets the work. */
function documentedCommands(): string[] {
  const { codeBlocks } = readPage('docs', 'upgrading.md');
  const lines = codeBlocks.flatMap(({ code }) => code.split('\n').map((line) => line.trim()));
  return [...new Set(lines.filter((line) => line.startsWith('temporal worker deployment set-')))].sort();
}

describe('upgrading workers under load', { concurrency: false }, () => {
  test('given unversioned workers, two versions in turn, a rollback, and unversioned workers again, then nothing is lost and nothing is done twice', async () => {
    const bin = stage.olderBuild();
    const unversioned = await stage.work();
    stage.beginLoad();
    await Promise.all(OPEN.map((deliveryId) => stage.post(deliveryId)));
    await unversioned.someEnded();
    await untilTheyWait(OPEN);

    // From unversioned workers to the first version.
    const first = await stage.work(OLD, bin);
    await untilState(
      first,
      /^build 0\.0\.1 of unfriend gets no work: all of the work goes to the workers without DEPLOYMENT_NAME\. To make it current: temporal worker deployment set-current-version /,
    );
    assert.equal(first.ended, 0);
    await stage.setVersion('set-current-version --build-id "$OLD"');
    await first.someEnded();
    await unversioned.terminate();
    await untilState(first, /is current$/);
    await untilDetails(RESET, isOlder);

    // To the next version, over a ramp.
    const second = await stage.work(NEW);
    await stage.setVersion('set-ramping-version --build-id "$NEW" --percentage 10');
    await untilState(second, /is ramping: 10 % of the work goes to /);
    await stage.setVersion('set-ramping-version --build-id "$NEW" --delete');
    await untilState(second, /gets no work: /);
    await stage.setVersion('set-ramping-version --build-id "$NEW" --percentage 50');
    await Promise.all([first.someEnded(), second.someEnded()]);
    await stage.setVersion('set-current-version --build-id "$NEW"');
    await untilState(second, /is current$/);
    await untilState(first, /gets no work: all of the work goes to build \S+ of unfriend/);
    await second.someEnded();
    await first.terminate();
    await untilDetails(RESET, isOwn);
    const { stdout } = await runUnfriend(['failed', '--json'], stage.settings);
    const { deliveries } = JSON.parse(stdout) as { deliveries: { deliveryId: string }[] };
    assert.deepEqual(deliveries.map(({ deliveryId }) => deliveryId).sort(), PARKED);
    await stage.reset(handleOf(RESET).workflowId);
    await handleOf(ENDED).terminate('to be retried by another version');

    // And back.
    const again = await stage.work(OLD, bin);
    await stage.setVersion('set-current-version --build-id "$OLD"');
    await again.someEnded();
    await second.terminate();
    await untilDetails(`${FAILING.retrying}1`, isOlder);
    const last = await stage.work();
    await stage.setVersion('set-current-version --unversioned');
    await last.someEnded();
    await again.terminate();
    await untilTheyWait(OPEN.filter((id) => id !== ENDED));

    // What was open all the time ends on workers that did not begin it. One has gone on in a retry of its own.
    stage.counter.isMended = true;
    await stage.endLoad();
    const { code, stderr } = await runUnfriend(['retry', '--all', '--yes'], stage.settings);
    assert.equal(code, 0, stderr);
    await pMap(stage.acknowledged, untilDone, { concurrency: 10 });
    assert.deepEqual(stage.failures, []);
    const faults = stage.counter.faults(stage.acknowledged);
    assert.deepEqual(await Promise.all(faults.map(withHistory)), []);
    assert.deepEqual(stage.commands.sort(), documentedCommands());
    assert.ok(stage.acknowledged.length >= 100 && OPEN.every((id) => stage.acknowledged.includes(id)));
  });

  test('given a worker that is killed before another version takes over, then nothing is lost, and what is repeated has the same key', async () => {
    const killing = await UpgradeStage.start();
    try {
      const first = await killing.work(OLD);
      await killing.setVersion('set-current-version --build-id "$OLD"');
      killing.beginLoad();
      await first.someEnded();
      await first.process.kill();
      const second = await killing.work(NEW);
      await killing.setVersion('set-current-version --build-id "$NEW"');
      await second.someEnded();
      await killing.endLoad();
      const { counter, acknowledged, failures } = killing;
      const isComplete = () => counter.faults(acknowledged, 2).length === 0;
      await until('everything to be done', isComplete, PATIENCE_MS);
      assert.deepEqual(failures, []);
      assert.deepEqual(
        [...counter.messageIds].filter(([, ids]) => ids.size !== 1),
        [],
      );
    } finally {
      await killing.stop();
    }
  });
});
