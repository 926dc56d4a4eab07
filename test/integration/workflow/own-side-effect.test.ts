import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { EmbeddedBackends } from '../../../activities/backends/embedded.ts';
import { clearCaches } from '../../../activities/clear-caches.ts';
import { createActivities } from '../../../activities/create-activities.ts';
import { notifyUsers } from '../../../activities/notify-users.ts';
import { updateSearchIndex } from '../../../activities/update-search-index.ts';
import { samplePairs } from '../../../src/callback/compose-request.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { type Progress, progressQuery } from '../../../workflows/contract.ts';
import { archiveConversationAt } from '../../fixtures/own-side-effect/archive-conversation.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';
import { describeOutcomes, NO_BACKENDS, runnerOf } from '../../support/run-side-effect.ts';
import { runUnfriend } from '../../support/servers/process.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, withWorker, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

/** The app's API: notes every request, and answers as `answer` says. */
let requests: { key: string; owner: string; peer: string }[] = [];
let answer: (times: number) => { status: number; headers?: Record<string, string> };
let api: Server;
let url: string;
let temporal: TestTemporal;

before(async () => {
  temporal = await startTestTemporal();
  api = createServer(async (request, response) => {
    requests.push(await readRequest(request));
    const { key } = requests.at(-1) ?? {};
    const { status, headers = {} } = answer(requests.filter((other) => other.key === key).length);
    response.writeHead(status, headers).end();
  }).listen(0, '127.0.0.1');
  await once(api, 'listening');
  url = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
});
after(async () => {
  api.close();
  await temporal.stop();
});
beforeEach(() => {
  requests = [];
  answer = () => ({ status: 204 });
});

async function readRequest(request: IncomingMessage) {
  const { owner, peer } = (await json(request)) as { owner: string; peer: string };
  return { key: String(request.headers['idempotency-key']), owner, peer };
}

describe('a side effect of one’s own, as docs/own-side-effect.md has it', () => {
  test('happens for every pair beside the others, and its name shows wherever people look', async () => {
    const own = archiveConversationAt(url);
    const all = [clearCaches, updateSearchIndex, notifyUsers, own];
    const embedded = new EmbeddedBackends();
    const backends = { ...NO_BACKENDS, caches: embedded, searchIndex: embedded, messenger: embedded };
    answer = (times) => ({ status: times === 1 ? 503 : 204 });
    await withWorker(temporal, createActivities(backends, all), async (taskQueue) => {
      const sideEffects = all.map(({ name, per }) => ({ name, per }));
      const input = workflowInput(samplePairs(), { sideEffects });
      const handle = await startWorkflow(temporal, taskQueue, input);
      await handle.result();

      const progress = await handle.query(progressQuery);
      assert.deepEqual(
        Object.keys(progress.sideEffects),
        sideEffects.map(({ name }) => name),
      );
      assert.deepEqual(progress.sideEffects.archiveConversation, {
        pending: 0,
        retrying: 0,
        done: 3,
        parked: 0,
        dismissed: 0,
        total: 3,
      });
      const { currentDetails } = await handle.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      );
      assert.match(currentDetails, /\| archiveConversation\s+\| 3\sof\s3/);

      const settings = { TEMPORAL_ADDRESS: temporal.settings.connectionOptions.address ?? '' };
      const { stdout } = await runUnfriend(['status', handle.workflowId], settings);
      assert.match(stdout, /archiveConversation: 3 of 3 done, 0 undone/);
      const watched = await runUnfriend(['status', handle.workflowId, '--watch'], settings);
      assert.match(watched.stdout, /archiveConversation: 3 of 3 done/);

      // Two tries a pair, with one key; no two pairs have the same.
      assert.equal(requests.length, 6);
      const { deliveryId } = input.delivery;
      assert.deepEqual([...new Set(requests.map(({ key }) => key))].sort(), [
        `1400000000/${deliveryId}/archiveConversation/id/id1`,
        `1400000000/${deliveryId}/archiveConversation/id/id2`,
        `1400000000/${deliveryId}/archiveConversation/id/id3`,
      ]);
    });
  });

  test('given that the API refuses, then it is tried once, and the failure says what and why', async () => {
    answer = () => ({ status: 422 });
    const own = archiveConversationAt(url);
    await withWorker(temporal, createActivities(NO_BACKENDS, [own]), async (taskQueue) => {
      const sideEffects = [{ name: own.name, per: own.per }];
      const handle = await startWorkflow(temporal, taskQueue, workflowInput(samplePairs(), { sideEffects }));
      const progress = await until('all parked', async () => {
        const now = await handle.query<Progress, []>(progressQuery);
        return now.parkedTotal === 3 && now;
      });
      assert.equal(progress.status, 'NeedsAttention');
      const message = `POST ${url}/conversations/archive: HTTP 422`;
      assert.deepEqual(progress.errors, [{ type: 'Rejected', message, count: 3 }]);
      assert.equal(requests.length, 3);
      await handle.terminate().catch(() => undefined);
    });
  });

  for (const [status, expected] of [
    [204, 'done archived'],
    [404, 'done absent'],
    [401, 'Unauthorized, for good'],
    [409, 'Rejected, for good'],
    [429, 'Busy, again after 7000 ms'],
    [500, 'ServerError, again'],
  ] as const) {
    test(`given the answer ${status}, then: ${expected}`, async () => {
      answer = () => ({ status, headers: { 'retry-after': status === 429 ? '7' : '0' } });
      assert.equal(await outcomeOf(url), expected);
    });
  }

  test('given nobody who answers, then: Unreachable, again', async () => {
    assert.equal(await outcomeOf(`http://127.0.0.1:${await freePort()}`), 'Unreachable, again');
  });
});

/** What becomes of one pair, in words. */
async function outcomeOf(address: string): Promise<string> {
  const run = runnerOf(archiveConversationAt(address), {});
  try {
    const [outcome] = describeOutcomes(await run(deliveryOf(pairsOf(['alice', 'bob']))));
    return outcome ?? '';
  } catch (error) {
    assert.ok(error instanceof ApplicationFailure);
    if (error.nonRetryable) return `${error.type}, for good`;
    return `${error.type}, again${error.nextRetryDelay ? ` after ${error.nextRetryDelay} ms` : ''}`;
  }
}
