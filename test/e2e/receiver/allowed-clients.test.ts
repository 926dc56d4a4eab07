import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { endReceivers, KillableReceiver } from '../../support/doubles/killable.ts';
import { TENCENT, TencentChatServer } from '../../support/doubles/tencent-chat.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import type { ProcessSettings } from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const { sdkAppId } = TENCENT;
const folder = temporaryFolder();
let tencent: TencentChatServer;
before(async () => {
  tencent = await TencentChatServer.start();
});
afterEach(endReceivers);
after(async () => {
  await tencent.close();
  folder.remove();
});

function serve(name: string, more: ProcessSettings = {}): Promise<KillableReceiver> {
  return KillableReceiver.start({
    SDK_APP_ID: sdkAppId,
    DATA_DIR: join(folder.path, name),
    TEMPORAL_ADDRESS: '127.0.0.1:1',
    LOG_LEVEL: 'info',
    CALLBACK_ALLOW: 'tencent',
    TENCENT_DOMAIN: tencent.url,
    TENCENT_SECRET_KEY: TENCENT.secretKey,
    ...more,
  });
}

const statusOf = async ({ url }: KillableReceiver) => (await postSigned(url, { sdkAppId })).status;
const isEnforced = (receiver: KillableReceiver) => receiver.metric('unfriend_callback_allow_enforced');

async function stateOf({ ops }: KillableReceiver): Promise<{ ready: boolean; state: string } | undefined> {
  const { components } = (await (await fetch(`${ops}/readyz`)).json()) as {
    components: Record<string, { ready: boolean; state: string }>;
  };
  return components.callbackAllow;
}

test('given CALLBACK_ALLOW=tencent, then the addresses that Tencent names may post, and still may after a restart while it is away', async () => {
  Object.assign(tencent.addresses, { 5: ['127.0.0.1'], 6: ['203.0.113.0/24'] });
  const receiver = await serve('named');
  await until('the list', async () => (await isEnforced(receiver)) === 1);
  assert.equal(await statusOf(receiver), 200);
  assert.match((await stateOf(receiver))?.state ?? '', /^Tencent's list of 2, of 20/);
  await until('the file', () => existsSync(join(folder.path, 'named', 'callback-addresses.json')));
  await receiver.kill();
  await receiver.restart({ TENCENT_DOMAIN: 'http://127.0.0.1:1' });
  assert.equal(await isEnforced(receiver), 1);
  assert.equal(await statusOf(receiver), 200);
});

test('given a list without the client, then it is refused and counted, unless CALLBACK_ALLOW names it too', async () => {
  Object.assign(tencent.addresses, { 5: ['198.51.100.0/24'], 6: ['203.0.113.0/24'] });
  const receiver = await serve('other');
  await until('the list', async () => (await isEnforced(receiver)) === 1);
  assert.equal(await statusOf(receiver), 403);
  assert.ok((await receiver.metric('unfriend_callbacks_total{verdict="not-allowed"}')) >= 1);
  await receiver.kill();
  await receiver.restart({ CALLBACK_ALLOW: 'tencent,127.0.0.0/8' });
  assert.equal(await statusOf(receiver), 200);
});

test('given a REST API that does not answer and no list, then everyone is let in, and log, readiness and metric say so', async () => {
  const receiver = await serve('away', { TENCENT_DOMAIN: 'http://127.0.0.1:1' });
  assert.equal(await statusOf(receiver), 200);
  assert.equal(await isEnforced(receiver), 0);
  const state = await stateOf(receiver);
  assert.equal(state?.ready, true);
  assert.match(state?.state ?? '', /could not be had yet: everyone is let in/);
  const { level } = await receiver.process.log("Tencent's list of addresses could not be had");
  assert.equal(level, 'error');
});

test('given a trusted proxy, then the client that it forwards for decides', async () => {
  const receiver = await serve('proxy', { CALLBACK_ALLOW: '203.0.113.9', TRUSTED_PROXIES: '127.0.0.1' });
  const statusFor = async (client: string) => {
    const headers = { 'x-forwarded-for': client };
    return (await fetch(receiver.url, { method: 'GET', headers })).status;
  };
  // 405: the address was right, and the method was looked at.
  assert.equal(await statusFor('203.0.113.9'), 405);
  assert.equal(await statusFor('203.0.113.9, 192.0.2.7'), 403);
});
