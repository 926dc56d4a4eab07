import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type Pair, progressQuery } from '../../../workflows/contract.ts';
import { TENCENT, TencentChatServer } from '../../support/doubles/tencent-chat.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { startWorkflow, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const HOUR = 3_600_000;
const FRIEND_CHECK = 'v4/sns/friend_check';
const PAIRS = pairsOf(['alice', 'bob'], ['carol', 'dave']);
const NOTIFY_ALONE = { sideEffects: [{ name: 'notifyUsers', per: 'message' as const }] };

describe('unfriend work with FENCE=on', () => {
  const taskQueue = `fence-${process.pid}`;
  let temporal: TestTemporal;
  let tencent: TencentChatServer;
  let settings: Record<string, string>;
  let running: UnfriendProcess;

  before(async () => {
    [temporal, tencent] = await Promise.all([startTestTemporal(), TencentChatServer.start()]);
    settings = {
      ...FREE_PORTS,
      TASK_QUEUE: taskQueue,
      TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
      SDK_APP_ID: TENCENT.sdkAppId,
      CACHE_URL: 'off',
      SEARCH_URL: 'off',
      NOTIFY_URL: 'tencent:',
      TENCENT_DOMAIN: tencent.url,
      TENCENT_SECRET_KEY: TENCENT.secretKey,
      FENCE: 'on',
    };
    running = new UnfriendProcess(['work'], settings);
    await running.log('working');
  });
  beforeEach(() => {
    tencent.requests.length = 0;
    tencent.delivered.length = 0;
  });
  after(async () => {
    await running.kill();
    await Promise.all([temporal.stop(), tencent.close()]);
  });

  /** A delivery whose callback arrived an hour ago, or now. */
  function deliver(pairs: Pair[], age = HOUR) {
    const input = workflowInput(pairs, { ...NOTIFY_ALONE, attentionFor: HOUR });
    const delivery = { ...input.delivery, receivedAt: Date.now() - age };
    return startWorkflow(temporal, taskQueue, { ...input, delivery });
  }

  test('given friends again, then the late message is skipped as befriended, and progress, current details, status, metrics and log say so', async () => {
    tencent.friendLists.add('alice', 'bob');
    const handle = await deliver(PAIRS);
    await handle.result();
    assert.deepEqual(
      tencent.delivered.map(({ To_Account }) => To_Account),
      ['carol'],
    );
    const { sideEffects } = await handle.query(progressQuery);
    assert.deepEqual([sideEffects.notifyUsers?.done, sideEffects.notifyUsers?.befriended], [2, 1]);
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(currentDetails, /\| notifyUsers\s+\| 2\sof\s2, 1 of them befriended/);
    const { stdout } = await runUnfriend(['status', handle.workflowId], settings);
    assert.match(stdout, /notifyUsers: 2 of 2 done, 1 of them befriended, 0 undone/);
    const { url } = await running.log('health, readiness and metrics');
    const page = await (await fetch(`${url}/metrics`)).text();
    assert.ok(page.includes('{side_effect="notifyUsers",result="done",detail="befriended"} 1\n'), page);
    assert.equal((await running.log('side effect done')).befriended, 1);
  });

  test('a delivery that is done early asks nobody', async () => {
    tencent.friendLists.add('alice', 'bob');
    await (await deliver(PAIRS, 0)).result();
    assert.equal(tencent.callsOf(FRIEND_CHECK).length, 0);
    assert.equal(tencent.delivered.length, 2);
  });

  test('given a key that may not ask, then the late message is parked; once it may, a retry by a person goes through the fence', async () => {
    tencent.friendLists.add('erin', 'frank');
    tencent.played.push(30004);
    const handle = await deliver(pairsOf(['erin', 'frank']));
    const { errors } = await until('the message to be parked', async () => {
      const now = await handle.query(progressQuery);
      return now.parkedTotal === 1 && now;
    });
    assert.match(errors[0]?.message ?? '', /answered 30004 to friend_check: check that TENCENT_ADMIN/);
    const { code } = await runUnfriend(['retry', handle.workflowId], settings);
    assert.equal(code, 0);
    await handle.result();
    assert.equal((await handle.query(progressQuery)).sideEffects.notifyUsers?.befriended, 1);
    assert.equal(tencent.delivered.length, 0);
  });

  test('check work asks Tencent Chat for the fence too', async () => {
    const { code, stdout } = await runUnfriend(['check', 'work'], settings);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^✓ FENCE: .* takes our UserSig$/m);
  });
});
