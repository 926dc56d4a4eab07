/**
 * Records histories of real runs of the workflow, `npm run record-history`, which every later version replays:
 * run it when the workflow's steps changed on purpose. Earlier versions' histories stay.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { samplePairs } from '../../src/callback/compose-request.ts';
import { PACKAGE_ROOT, VERSION } from '../../src/package-root.ts';
import { type FriendDeletedInput, progressQuery } from '../../workflows/contract.ts';
import { findTestServers } from '../support/find-servers.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';
import { recordingSideEffects, startWorkflow, withWorker, workflowInput } from '../support/worker.ts';

type Scenario = {
  name: string;
  input: FriendDeletedInput;
  /** Fails the search index for `id2` until it is told that the workflow retries. */
  failsAtFirst?: boolean;
};

const carriedOver = workflowInput(samplePairs());
carriedOver.carried = {
  sideEffects: {
    clearCaches: { marks: 'ddd', failures: [] },
    updateSearchIndex: { marks: 'dr.', failures: [[1, 0, 1]] },
    notifyUsers: { marks: 'd', failures: [] },
  },
  errors: [{ type: 'Error', message: 'search is down' }],
};

const SCENARIOS: Scenario[] = [
  { name: 'sample', input: workflowInput(samplePairs()) },
  { name: 'retried', input: workflowInput(samplePairs()), failsAtFirst: true },
  { name: 'carried-over', input: carriedOver },
  { name: 'both-recipients', input: workflowInput(samplePairs(), { notifyRecipient: 'both' }) },
];

process.env.TEST_TEMPORAL_CLI ??= (await findTestServers()).temporalCli.path;
const dir = new URL(`histories/${VERSION}/`, import.meta.url);
mkdirSync(dir, { recursive: true });
const temporal = await startTestTemporal();
for (const scenario of SCENARIOS) {
  writeFileSync(new URL(`${scenario.name}.json`, dir), await record(scenario));
  console.log(`${VERSION}/${scenario.name}`);
}
await temporal.stop();

async function record({ input, failsAtFirst = false }: Scenario): Promise<string> {
  let isDown = failsAtFirst;
  const { activities } = recordingSideEffects({
    updateSearchIndex: ({ pairs }) => {
      if (isDown && pairs[0]?.to === 'id2') throw new Error('search is down');
    },
  });
  return withWorker(temporal, activities, async (taskQueue) => {
    const handle = await startWorkflow(temporal, taskQueue, input);
    if (failsAtFirst) {
      await until('retrying', async () => (await handle.query(progressQuery)).status === 'Retrying');
      isDown = false;
    }
    await handle.result();
    // Stack traces name the folder that this was recorded in.
    return historyToJSON(await handle.fetchHistory()).replaceAll(`${PACKAGE_ROOT}/`, '');
  });
}
