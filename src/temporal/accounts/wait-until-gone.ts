import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import pMap from 'p-map';
import { listRuns } from '../attention/list-runs.ts';
import { describeIfKnown } from '../attention/retry-chain.ts';
import type { RunId } from './plan-erasure.ts';

/**
 * The wait ends if nothing more is gone for this long, in ms. The server deletes in the background. It begins only once it
 * has noted that all tasks of the workflow's end are done, which takes it up to a minute after that end.
 */
const STALLED_MS = 180_000;
const POLL_MS = 500;

const CONCURRENCY = 10;

/** How many runs one query asks about. */
const RUNS_PER_QUERY = 100;

/**
 * Waits until the runs are neither in the server's histories nor in its lists.
 *
 * @param onGone is called with how many are gone
 * @returns how many are not, once nothing more was gone for some time
 */
export async function waitUntilGone(
  client: Client,
  runs: readonly RunId[],
  onGone: (gone: number) => void,
): Promise<number> {
  let left = [...runs];
  let deadline = Date.now() + STALLED_MS;
  while (left.length > 0) {
    const still = await thoseLeft(client, left);
    if (still.length < left.length) deadline = Date.now() + STALLED_MS;
    left = still;
    onGone(runs.length - left.length);
    if (left.length === 0 || Date.now() > deadline) break;
    await delay(POLL_MS);
  }
  return left.length;
}

async function thoseLeft(client: Client, runs: readonly RunId[]): Promise<RunId[]> {
  const known = await pMap(runs, ({ workflowId, runId }) => describeIfKnown(client, workflowId, runId), {
    concurrency: CONCURRENCY,
  });
  const listed = await findListed(
    client,
    runs.filter((_, index) => !known[index]),
  );
  return runs.filter(({ runId }, index) => known[index] || listed.has(runId));
}

async function findListed(client: Client, runs: readonly RunId[]): Promise<Set<string>> {
  const listed = new Set<string>();
  for (let first = 0; first < runs.length; first += RUNS_PER_QUERY) {
    const some = runs.slice(first, first + RUNS_PER_QUERY).map(({ runId }) => `"${runId}"`);
    for (const { execution } of await listRuns(client, `RunId IN (${some.join(', ')})`))
      if (execution?.runId) listed.add(execution.runId);
  }
  return listed;
}
