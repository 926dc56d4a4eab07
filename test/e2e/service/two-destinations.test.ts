import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { progressQuery, workflowId } from '../../../workflows/contract.ts';
import { TENCENT, TencentChatServer } from '../../support/doubles/tencent-chat.ts';
import { readMessage, WebhookSink } from '../../support/doubles/webhook-sink.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const SECRET = 'a-secret-of-these-tests-0';
const PAIRS = pairsOf(['alice', 'bob'], ['bob', 'alice']);
const { sdkAppId } = TENCENT;
/** Tencent's answer for an account that does not exist. It is parked at once. */
const NO_SUCH_ACCOUNT = 90048;

describe('unfriend with NOTIFY_URL=tencent:,https://…', () => {
  const folder = temporaryFolder();
  let temporal: TestTemporal;
  let tencent: TencentChatServer;
  let sink: WebhookSink;
  let settings: Record<string, string>;
  let running: UnfriendProcess;

  before(async () => {
    [temporal, tencent, sink] = await Promise.all([
      startTestTemporal(),
      TencentChatServer.start(),
      WebhookSink.start(SECRET),
    ]);
    settings = {
      ...FREE_PORTS,
      DATA_DIR: folder.path,
      TASK_QUEUE: `two-destinations-${process.pid}`,
      TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
      SDK_APP_ID: sdkAppId,
      CACHE_URL: 'off',
      SEARCH_URL: 'off',
      NOTIFY_URL: `tencent:,${sink.url}`,
      NOTIFY_SECRET: SECRET,
      NOTIFY_ALLOW_PRIVATE: 'on',
      TENCENT_DOMAIN: tencent.url,
      TENCENT_SECRET_KEY: TENCENT.secretKey,
      RETRY_FOR: '1s',
    };
    running = new UnfriendProcess(['start'], settings);
    await running.log('working');
  });
  beforeEach(() => {
    tencent.delivered.length = 0;
    sink.taken.length = 0;
    sink.answer = () => ({ status: 204 });
  });
  after(async () => {
    await running.kill();
    await Promise.all([temporal.stop(), tencent.close(), sink.stop()]);
    folder.remove();
  });

  async function deliver(requestId: string) {
    const { url } = await running.log('taking callbacks');
    const posted = await postSigned(String(url), { sdkAppId, requestId, pairs: PAIRS });
    assert.equal(posted.status, 200);
    const id = workflowId({ sdkAppId, deliveryId: requestId });
    const handle = temporal.client.workflow.getHandle(id);
    await until('the workflow to be started', () => handle.describe().catch(() => undefined));
    return handle;
  }

  /** How many pairs are done and parked, by side effect. */
  async function countsOf(handle: Awaited<ReturnType<typeof deliver>>) {
    const { sideEffects } = await handle.query(progressQuery);
    return Object.fromEntries(
      Object.entries(sideEffects).map(([name, { done, parked }]) => [name, { done, parked }]),
    );
  }

  const recipients = () => tencent.delivered.map(({ To_Account }) => To_Account).sort();
  const acknowledged = () => sink.acknowledged.map(({ id }) => id).sort();
  const idsOf = (deliveryId: string) =>
    ['alice', 'bob'].map((recipient) => `${sdkAppId}/${deliveryId}/notifyBackend/${recipient}/1`);
  const retry = (deliveryId: string, effect: string) =>
    runUnfriend(['retry', deliveryId, '--effect', effect], settings);

  test('given a callback, then devices and endpoint get the same messages, each once', async () => {
    const handle = await deliver('two-both');
    await handle.result();
    assert.deepEqual(await countsOf(handle), {
      notifyUsers: { done: 2, parked: 0 },
      notifyBackend: { done: 2, parked: 0 },
    });
    assert.deepEqual(recipients(), ['alice', 'bob']);
    assert.deepEqual(acknowledged(), idsOf('two-both'));
    const told = tencent.delivered.map(({ MsgBody }) => JSON.parse(MsgBody[0]?.MsgContent.Data ?? ''));
    const byRecipient = (one: { data: { recipient: string } }, other: typeof one) =>
      one.data.recipient < other.data.recipient ? -1 : 1;
    assert.deepEqual(told.sort(byRecipient), sink.acknowledged.map(readMessage).sort(byRecipient));
  });

  test('given an endpoint that answers 500, then the devices are told, and notifyBackend alone is parked and retried', async () => {
    sink.answer = () => ({ status: 500 });
    const handle = await deliver('two-no-endpoint');
    const parked = { notifyUsers: { done: 2, parked: 0 }, notifyBackend: { done: 0, parked: 2 } };
    await until(
      'notifyBackend to be parked',
      async () => (await countsOf(handle)).notifyBackend?.parked === 2,
    );
    assert.deepEqual(await countsOf(handle), parked);
    sink.answer = () => ({ status: 204 });

    await retry('two-no-endpoint', 'notifyUsers');
    assert.deepEqual([await countsOf(handle), acknowledged()], [parked, []]);
    const { code, stdout } = await retry('two-no-endpoint', 'notifyBackend');
    assert.equal(code, 0, stdout);
    await handle.result();
    assert.deepEqual(acknowledged(), idsOf('two-no-endpoint'));
    assert.deepEqual(recipients(), ['alice', 'bob']);
  });

  test('given a Tencent Chat that refuses, then the endpoint is told, and notifyUsers alone is parked and retried', async () => {
    tencent.played.push(NO_SUCH_ACCOUNT, NO_SUCH_ACCOUNT);
    const handle = await deliver('two-no-tencent');
    await until(
      'notifyUsers to be parked, and notifyBackend done',
      async () =>
        JSON.stringify(await countsOf(handle)) ===
        JSON.stringify({
          notifyUsers: { done: 0, parked: 2 },
          notifyBackend: { done: 2, parked: 0 },
        }),
    );
    assert.deepEqual([recipients(), acknowledged()], [[], idsOf('two-no-tencent')]);

    const { code, stdout } = await retry('two-no-tencent', 'notifyUsers');
    assert.equal(code, 0, stdout);
    await handle.result();
    assert.deepEqual(recipients(), ['alice', 'bob']);
    assert.deepEqual(acknowledged(), idsOf('two-no-tencent'));
  });

  test('metrics and readiness have a row of each destination, with its own failures', async () => {
    const { url } = await running.log('health, readiness and metrics');
    const page = await (await fetch(`${url}/metrics`)).text();
    const parked = (name: string, type: string) =>
      page.includes(
        `unfriend_side_effect_pairs_total{side_effect="${name}",result="failed",detail="${type}"} 2\n`,
      );
    assert.ok(parked('notifyBackend', 'ServerError') && parked('notifyUsers', 'Rejected'), page);
    const { components } = (await (await fetch(`${url}/readyz`)).json()) as { components: object };
    assert.ok('notifyUsers' in components && 'notifyBackend' in components);
  });

  test('check work reaches both destinations, and says what is wrong with either', async () => {
    const { code, stdout } = await runUnfriend(['check', 'work'], settings);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^✓ NOTIFY_URL: .* takes our UserSig$/m);
    assert.match(stdout, /^! NOTIFY_URL: the endpoint at 127\.0\.0\.1:\d+ is there/m);

    const faulty = { NOTIFY_URL: 'http://127.0.0.1:1/hooks,tencent:', TENCENT_DOMAIN: 'http://127.0.0.1:1' };
    const away = await runUnfriend(['check', 'work'], { ...settings, ...faulty });
    assert.equal(away.code, 1);
    assert.equal(away.stdout.match(/^✗ NOTIFY_URL: .*ECONNREFUSED/gm)?.length, 2, away.stdout);
  });
});
