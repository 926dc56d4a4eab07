/**
 * `npm run record-history [-- VERSION [NAME]]`: records histories of real runs of the workflows, or the one of that
 * name. Every later version replays them. Run it when the steps of a workflow changed on purpose. The histories of
 * earlier versions stay.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { WorkflowFailedError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { asActivity } from '../../activities/as-activity.ts';
import { BackendError } from '../../activities/backends/backend.ts';
import { samplePairs } from '../../src/callback/compose-request.ts';
import { PACKAGE_ROOT, VERSION } from '../../src/package-root.ts';
import {
  dismissFailedSignal,
  dismissFailedUpdate,
  type NoticeInput,
  progressQuery,
  type ReconcileInput,
  retryFailedUpdate,
} from '../../workflows/contract.ts';
import type { AnyDeliveryInput } from '../../workflows/planning/plan-delivery.ts';
import { PLANNED } from '../support/inputs/deliveries.ts';
import { recordedActs, twoWay } from '../support/recorded-acts.ts';
import { findTestServers } from '../support/servers/find-servers.ts';
import { startTestTemporal } from '../support/servers/temporal.ts';
import { startWorkflow, withWorker, workflowInput } from '../support/stages/worker.ts';
import { until } from '../support/until.ts';
import { recordNotice } from './record-notice.ts';
import { recordReconcile } from './record-reconcile.ts';

type Handle = Awaited<ReturnType<typeof startWorkflow>>;

type Scenario = {
  name: string;
  input: AnyDeliveryInput;
  /** The search index fails for pairs to these accounts until all of them are retrying. */
  failAtFirst?: string[];
  /** The search index refuses pairs to these accounts until all of them are parked. */
  refuseAtFirst?: string[];
  /** The endpoint refuses the callback until it is parked. */
  isRefusedAtFirst?: true;
  /** Runs when all failed pairs are retrying or parked. The search index works by then. */
  command?: (handle: Handle) => Promise<unknown>;
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

const ATTENTION = { attentionFor: 3_600_000 };
const waiting = workflowInput(samplePairs(), ATTENTION);
waiting.carried = {
  sideEffects: {
    clearCaches: { marks: 'ddd', failures: [] },
    updateSearchIndex: { marks: 'dpx', failures: [[1, 0, 7]] },
    notifyUsers: { marks: 'd', failures: [] },
  },
  errors: [{ type: 'Rejected', message: 'no such index' }],
  waitingSince: Date.now() - 60_000,
  actions: [{ at: Date.now() - 60_000, command: 'dismissFailed', affected: 1, reason: 'gone' }],
};

const RELAY = { name: 'relayCallback', per: 'callback' } as const;
const callback = { query: 'SdkAppid=1400000000', body: Buffer.from('{}').toString('base64') };
const relayedCallback = () => {
  const { delivery, plan } = workflowInput([], { ...ATTENTION, sideEffects: [RELAY] });
  return { delivery: { ...delivery, command: 'Sns.CallbackFriendAdd' }, plan, callback };
};
const relayedFriendDelete = {
  ...workflowInput(samplePairs(), { sideEffects: [...PLANNED, RELAY] }),
  callback,
};

/** How many tries fail for a pair, by scenario and by the number in the friend's name. */
const FAILED_TRIES: Record<string, (friend: number) => number> = {
  'retried-in-back-off': () => 3,
  // Six units of a batch fail in the first pass, and three of them fail again in the first retry.
  'batched-in-parts': (friend) => (friend <= 3 ? 2 : friend <= 6 ? 1 : 0),
};

const retryAll = (handle: Handle) => handle.executeUpdate(retryFailedUpdate, { args: [{ by: 'erin' }] });

const LOCAL = { firstPass: 'local' } as const;
const localCallback = relayedCallback();

const SCENARIOS: Scenario[] = [
  { name: 'local', input: workflowInput(samplePairs(), LOCAL) },
  { name: 'local-retried', input: workflowInput(samplePairs(), LOCAL), failAtFirst: ['id2'] },
  {
    name: 'local-parked-retried',
    input: workflowInput(samplePairs(), { ...LOCAL, ...ATTENTION }),
    refuseAtFirst: ['id2', 'id3'],
    command: retryAll,
  },
  {
    name: 'local-callback-relayed',
    input: { ...localCallback, plan: { ...localCallback.plan, ...LOCAL } },
  },
  { name: 'sample', input: workflowInput(samplePairs()) },
  { name: 'retried', input: workflowInput(samplePairs()), failAtFirst: ['id2'] },
  { name: 'carried-over', input: carriedOver },
  { name: 'both-recipients', input: workflowInput(samplePairs(), { notifyRecipient: 'both' }) },
  { name: 'batched', input: workflowInput(twoWay(15), { batch }) },
  {
    name: 'batched-retried',
    input: workflowInput(samplePairs(25), { batch }),
    // One unit gets a retry of its own. The six units of the next batch share one retry.
    failAtFirst: ['id2', 'id11', 'id12', 'id13', 'id14', 'id15', 'id16'],
  },
  { name: 'batched-carried-over', input: batchedCarriedOver },
  {
    name: 'parked-retried',
    input: workflowInput(samplePairs(), ATTENTION),
    refuseAtFirst: ['id2', 'id3'],
    command: retryAll,
  },
  {
    name: 'parked-dismissed',
    input: workflowInput(samplePairs(), ATTENTION),
    refuseAtFirst: ['id1', 'id2'],
    async command(handle) {
      const pairs = samplePairs().slice(0, 1);
      await handle.executeUpdate(dismissFailedUpdate, { args: [{ pairs, reason: 'gone' }] });
      await handle.signal(dismissFailedSignal, { reason: '' });
      await handle.signal(dismissFailedSignal, { reason: 'gone as well' });
    },
  },
  {
    name: 'abandoned',
    input: workflowInput(samplePairs(), { attentionFor: 1_000 }),
    refuseAtFirst: ['id2'],
  },
  {
    name: 'retried-in-back-off',
    input: workflowInput(samplePairs(), ATTENTION),
    async command(handle) {
      await until('the retry to wait', async () => {
        const { raw } = await handle.describe();
        return raw.pendingActivities?.[0]?.attempt === 3;
      });
      await retryAll(handle);
    },
  },
  {
    name: 'batched-parked-retried',
    input: workflowInput(twoWay(15), { ...ATTENTION, batch }),
    refuseAtFirst: ['friend-0', 'friend-1', 'friend-2', 'friend-3', 'friend-4', 'friend-5'],
    command: retryAll,
  },
  { name: 'batched-in-parts', input: workflowInput(samplePairs(25), { ...ATTENTION, batch }) },
  { name: 'waiting-carried-over', input: waiting, command: retryAll },
  { name: 'friend-delete-relayed', input: relayedFriendDelete },
  { name: 'callback-relayed', input: relayedCallback() },
  { name: 'callback-parked-retried', input: relayedCallback(), isRefusedAtFirst: true, command: retryAll },
];

const RECONCILED: Record<string, ReconcileInput> = {
  'reconcile-index': { fromIndex: true },
  'reconcile-carried-over': {
    fromIndex: true,
    carried: {
      startedAt: 1_767_600_000_000,
      day: '20260105',
      position: { after: 0, until: 2 },
      total: 3,
      counts: {
        documents: 1,
        unreadable: 0,
        pairs: 1,
        ended: 1,
        started: 1,
        alreadyStarted: 0,
        failed: 0,
      },
      errors: [],
    },
  },
  'reconcile-accounts': { accounts: ['alice', 'bob'], dryRun: true, rate: 20 },
};

const ABOUT = { condition: 'needs-person', overAfter: 1_000 } as const;
const NOTICES: Record<string, NoticeInput> = {
  'notice-given': ABOUT,
  'notice-carried-over': {
    ...ABOUT,
    sightings: [{ source: 'receiver-2', since: 1_767_500_000_000, facts: { parked: 1 } }],
  },
};

process.env.TEST_TEMPORAL_CLI ??= (await findTestServers(['temporalCli'])).temporalCli.path;
const [version = VERSION, only] = process.argv.slice(2);
const isWanted = (name: string) => only === undefined || name === only;
const dir = new URL(`histories/${version}/`, import.meta.url);
mkdirSync(dir, { recursive: true });
const temporal = await startTestTemporal();
try {
  for (const scenario of SCENARIOS.filter(({ name }) => isWanted(name)))
    write(scenario.name, await record(scenario));
  for (const [name, input] of Object.entries(RECONCILED).filter(([name]) => isWanted(name)))
    write(name, await recordReconcile(temporal, input));
  for (const [name, input] of Object.entries(NOTICES).filter(([name]) => isWanted(name)))
    write(name, await recordNotice(temporal, input));
} finally {
  await temporal.stop();
}

function write(name: string, history: string): void {
  // Stack traces contain the folder of this project.
  writeFileSync(new URL(`${name}.json`, dir), history.replaceAll(`${PACKAGE_ROOT}/`, ''));
  console.log(`${version}/${name}`);
}

async function record({
  name,
  input,
  failAtFirst = [],
  refuseAtFirst = [],
  isRefusedAtFirst,
  command,
}: Scenario) {
  let isDown = true;
  const tries = new Map<string, number>();
  const { activities } = recordedActs({
    updateSearchIndex: ({ key, pairs: [pair] }) => {
      const tried = (tries.get(key) ?? 0) + 1;
      tries.set(key, tried);
      if (tried <= (FAILED_TRIES[name]?.(Number(pair?.to.slice(2))) ?? 0)) throw new Error('search is down');
      if (isDown && failAtFirst.includes(pair?.to ?? '')) throw new Error('search is down');
      if (isDown && refuseAtFirst.includes(pair?.to ?? ''))
        throw new BackendError('Rejected', 'no such index');
    },
  });
  const relayCallback = asActivity(RELAY.name, {
    async each() {
      if (isDown && isRefusedAtFirst) throw new BackendError('Rejected', 'the endpoint answered HTTP 403');
      return 'relayed';
    },
  });
  return withWorker(temporal, { ...activities, relayCallback }, async (taskQueue) => {
    const handle = await startWorkflow(temporal, taskQueue, input);
    if (failAtFirst.length > 0) await untilAllAre(handle, { status: 'retrying', count: failAtFirst.length });
    if (refuseAtFirst.length > 0)
      await untilAllAre(handle, { status: 'parked', count: refuseAtFirst.length });
    if (isRefusedAtFirst) await untilAllAre(handle, { status: 'parked', count: 1, of: RELAY.name });
    if (command || failAtFirst.length > 0) isDown = false;
    await command?.(handle);
    await handle.result().catch((error: unknown) => {
      if (!(error instanceof WorkflowFailedError && name === 'abandoned')) throw error;
    });
    return historyToJSON(await handle.fetchHistory());
  });
}

/** By default of the search index. */
function untilAllAre(
  handle: Handle,
  { status, count, of = 'updateSearchIndex' }: { status: 'retrying' | 'parked'; count: number; of?: string },
): Promise<unknown> {
  return until(`all that failed to be ${status}`, async () => {
    const { sideEffects } = await handle.query(progressQuery);
    return (sideEffects[of]?.[status] ?? 0) >= count;
  });
}
