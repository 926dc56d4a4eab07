/**
 * Records histories of real runs of the workflow, `npm run record-history [-- VERSION]`, which every later version
 * replays: run it when the workflow's steps changed on purpose. Earlier versions' histories stay.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { samplePairs } from '../../src/callback/compose-request.ts';
import { PACKAGE_ROOT, VERSION } from '../../src/package-root.ts';
import { type FriendDeletedInput, progressQuery } from '../../workflows/contract.ts';
import { findTestServers } from '../support/find-servers.ts';
import { recordedActs, twoWay } from '../support/recorded-acts.ts';
import { startTestTemporal } from '../support/temporal.ts';
import { until } from '../support/until.ts';
import { startWorkflow, withWorker, workflowInput } from '../support/worker.ts';

type Scenario = {
  name: string;
  input: FriendDeletedInput;
  /** The search index fails for pairs to these accounts until it is told that the workflow retries. */
  failAtFirst?: string[];
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

const batch = { above: 3, size: 10 };
const batchedCarriedOver = workflowInput(samplePairs(25), { batch });
batchedCarriedOver.carried = {
  sideEffects: {
    clearCaches: { marks: 'd'.repeat(25), failures: [] },
    updateSearchIndex: {
      marks: `${'dr'.repeat(6)}ddd${'.'.repeat(10)}`,
      failures: [1, 3, 5, 7, 9, 11].map((unit) => [unit, 0, 1]),
    },
    notifyUsers: { marks: 'd', failures: [] },
  },
  errors: [{ type: 'Error', message: 'search is down' }],
};

const SCENARIOS: Scenario[] = [
  { name: 'sample', input: workflowInput(samplePairs()) },
  { name: 'retried', input: workflowInput(samplePairs()), failAtFirst: ['id2'] },
  { name: 'carried-over', input: carriedOver },
  { name: 'both-recipients', input: workflowInput(samplePairs(), { notifyRecipient: 'both' }) },
  { name: 'batched', input: workflowInput(twoWay(15), { batch }) },
  {
    name: 'batched-retried',
    input: workflowInput(samplePairs(25), { batch }),
    // One by an activity of its own, six of the next batch together.
    failAtFirst: ['id2', 'id11', 'id12', 'id13', 'id14', 'id15', 'id16'],
  },
  { name: 'batched-carried-over', input: batchedCarriedOver },
];

process.env.TEST_TEMPORAL_CLI ??= (await findTestServers(['temporalCli'])).temporalCli.path;
const version = process.argv[2] ?? VERSION;
const dir = new URL(`histories/${version}/`, import.meta.url);
mkdirSync(dir, { recursive: true });
const temporal = await startTestTemporal();
try {
  for (const scenario of SCENARIOS) {
    writeFileSync(new URL(`${scenario.name}.json`, dir), await record(scenario));
    console.log(`${version}/${scenario.name}`);
  }
} finally {
  await temporal.stop();
}

async function record({ input, failAtFirst = [] }: Scenario): Promise<string> {
  let isDown = true;
  const { activities } = recordedActs({
    updateSearchIndex: ({ pairs }) => {
      if (isDown && failAtFirst.includes(pairs[0]?.to ?? '')) throw new Error('search is down');
    },
  });
  return withWorker(temporal, activities, async (taskQueue) => {
    const handle = await startWorkflow(temporal, taskQueue, input);
    if (failAtFirst.length > 0) {
      await until('all that fails to be retrying', async () => {
        const { sideEffects } = await handle.query(progressQuery);
        return (sideEffects.updateSearchIndex?.retrying ?? 0) >= failAtFirst.length;
      });
      isDown = false;
    }
    await handle.result();
    // Stack traces name the folder that this was recorded in.
    return historyToJSON(await handle.fetchHistory()).replaceAll(`${PACKAGE_ROOT}/`, '');
  });
}
