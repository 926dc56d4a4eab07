import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { checkWorkers } from '../../../src/cli/check/check-workers.ts';
import type { WorkerVersion } from '../../../src/config/settings.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { VersionWatch } from '../../../src/temporal/version-watch.ts';
import { readQueue } from '../../../src/temporal/watch.ts';
import { progressQuery } from '../../../workflows/contract.ts';
import { assertDoneOnce, recordedActs, twoWay } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, withWorkerOn, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const PATIENCE_MS = 120_000;
const FRIENDS = 60;

let temporal: TestTemporal;
before(async () => {
  // A run is as good as twenty times as long.
  const limit = 'limit.historyCount.suggestContinueAsNew=200';
  temporal = await startTestTemporal({ flags: ['--dynamic-config-value', limit] });
});
after(() => temporal.stop());

const deploymentOf = (taskQueue: string) => `deployment-of-${taskQueue}`;

/** Makes a version current; without one, the workers that have none. */
async function makeCurrent(deploymentName: string, buildId = ''): Promise<void> {
  const { client } = temporal;
  await until(
    `build ${buildId} to be known and current`,
    () =>
      client.workflowService
        .setWorkerDeploymentCurrentVersion({
          namespace: client.options.namespace,
          deploymentName,
          buildId,
          ignoreMissingTaskQueues: true,
          identity: 'test',
        })
        .then(() => true)
        .catch(() => false),
    PATIENCE_MS,
  );
}

describe('workers that poll, and whose version is or is not current', { concurrency: false }, () => {
  const taskQueue = `versions-${randomUUID()}`;
  const deploymentName = deploymentOf(taskQueue);
  const version: WorkerVersion = { deploymentName, buildId: 'one' };
  const { activities } = recordedActs();
  const untilPolling = (pollers: number, idlePollers: number) =>
    until(
      `${pollers} with work and ${idlePollers} without`,
      async () => {
        const queues = [
          await readQueue(temporal.client, taskQueue, 'workflow'),
          await readQueue(temporal.client, taskQueue, 'activity'),
        ];
        return queues.every((queue) => queue.pollers === pollers && queue.idlePollers === idlePollers);
      },
      PATIENCE_MS,
    );
  const check = async () => {
    const findings = await checkWorkers(temporal.client, taskQueue, version);
    return Object.fromEntries(
      findings.map(({ component, state, message }) => [component, { state, message }]),
    );
  };

  test('given only workers of a version that is not current, then none counts, and check says what to type', async () => {
    await withWorkerOn(temporal, { taskQueue, activities, version }, async () => {
      await untilPolling(0, 1);
      const found = await check();
      assert.equal(found.workers?.state, 'warning');
      assert.match(
        found.workers?.message ?? '',
        /^none that gets work polls .*: 1 poll, and their version is not current/,
      );
      assert.equal(found['worker version']?.state, 'warning');
      assert.match(
        found['worker version']?.message ?? '',
        /gets no work: .*To make it current: temporal worker deployment set-current-version --namespace .* --build-id one$/,
      );
      await makeCurrent(deploymentName, 'one');
      await untilPolling(1, 0);
      assert.deepEqual(await check(), {
        workers: { state: 'ok', message: `1 polling ${taskQueue}` },
        'worker version': { state: 'ok', message: `build one of ${deploymentName} is current` },
      });
    });
  });

  test('given workers with and without a version, then those count that get work', async () => {
    await withWorkerOn(temporal, { taskQueue, activities, version }, () =>
      withWorkerOn(temporal, { taskQueue, activities }, async () => {
        await untilPolling(1, 1);
        const { message } = (await check()).workers ?? {};
        assert.equal(message, `1 polling ${taskQueue}; 1 more poll, and their version gets no work`);
        await makeCurrent(deploymentName);
        await untilPolling(1, 1);
        assert.equal((await check())['worker version']?.state, 'warning');
      }),
    );
  });

  test('a worker says once, and again after each change, whether its version gets work', async () => {
    const lines: [string, string][] = [];
    const write = (line: string) => {
      const { level, msg } = JSON.parse(line) as { level: string; msg: string };
      lines.push([level, msg]);
    };
    const logger = createLogger('info', { write });
    const watch = new VersionWatch({ version, namespace: 'default', logger });
    assert.match(watch.state, /has not said yet/);
    for (const current of [undefined, undefined, version, version, undefined]) watch.update({ current });
    const without: [string, string] = ['warn', 'this version of the workers gets no work'];
    const withWork: [string, string] = ['info', 'this version of the workers gets work'];
    assert.deepEqual(lines, [without, withWork, without]);
  });
});

test('given a delivery that continues as new, when another version becomes current meanwhile, then its next run is there, and all is done once', async () => {
  const taskQueue = `continued-${randomUUID()}`;
  const deploymentName = deploymentOf(taskQueue);
  const pairs = twoWay(FRIENDS);
  let isDown = true;
  const { activities, done } = recordedActs({
    updateSearchIndex: ({ pairs: [pair] }) => {
      if (isDown && pair?.to.startsWith('friend-')) throw new BackendError('Unreachable', 'in back-off');
    },
  });
  const on = <T>(buildId: string, act: () => Promise<T>) =>
    withWorkerOn(temporal, { taskQueue, activities, version: { deploymentName, buildId } }, act);
  const input = workflowInput(pairs, { retryFor: 600_000 });
  await on('one', async () => {
    await makeCurrent(deploymentName, 'one');
    const handle = await startWorkflow(temporal, taskQueue, input);
    const latest = temporal.client.workflow.getHandle(handle.workflowId);
    await until(
      'some to be retried',
      async () => (await latest.query(progressQuery)).status === 'Retrying',
      PATIENCE_MS,
    );
    await on('two', async () => {
      await makeCurrent(deploymentName, 'two');
      isDown = false;
      await handle.result();
      assert.notEqual((await latest.describe()).runId, handle.firstExecutionRunId);
      const { events } = await latest.fetchHistory();
      const builds = events?.flatMap(({ workflowTaskCompletedEventAttributes: completed }) =>
        completed?.deploymentVersion?.buildId ? [completed.deploymentVersion.buildId] : [],
      );
      assert.deepEqual([...new Set(builds)], ['two']);
      assertDoneOnce(done, pairs);
    });
  });
});
