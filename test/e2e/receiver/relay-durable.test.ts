import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Progress, progressQuery } from '../../../workflows/contract.ts';
import { AppEndpoint, headerOf, type Instructions, queryOf } from '../../support/doubles/app-endpoint.ts';
import { signedByAuthority } from '../../support/inputs/certificates.ts';
import type { CommandToPost } from '../../support/inputs/commands.ts';
import { FREE_PORTS } from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { type Relaying, RelayStage } from '../../support/stages/relay-stage.ts';
import { until } from '../../support/until.ts';

const { SDK_APP_ID, CALLBACK_TOKEN: token = '' } = FREE_PORTS;
const FRIEND_DELETE = 'Sns.CallbackFriendDelete';
const FRIEND_ADD = 'Sns.CallbackFriendAdd';
const PAIR_LIST = { PairList: [{ From_Account: 'alice', To_Account: 'bob' }] };
const DONE = { pending: 0, retrying: 0, done: 1, parked: 0, dismissed: 0, total: 1 };

let stage: RelayStage;
let relaying: Relaying;
before(async () => {
  stage = await RelayStage.start();
  relaying = await stage.start({
    RELAY_DURABLE: 'Sns.*',
    IGNORE_PLATFORMS: 'RESTAPI',
    NOTIFY_URL: 'embedded',
  });
});
after(() => stage.stop());

/** Posts a callback that is acknowledged; returns the delivery's id. */
async function deliver(callback: CommandToPost, by = relaying): Promise<string> {
  const requestId = randomUUID();
  const answer = await by.post({ ...callback, requestId });
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.body.toString()), { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' });
  assert.equal(answer.headers['x-delivery-id'], requestId);
  return requestId;
}

const friendDelete = (more: Partial<CommandToPost> = {}): CommandToPost => ({
  command: FRIEND_DELETE,
  fields: PAIR_LIST,
  ...more,
});
const friendAdd = (endpoint: Instructions = {}): CommandToPost => ({ command: FRIEND_ADD, endpoint });
const ofDelete = (id: string) => `friend-deleted/${SDK_APP_ID}/${id}`;
const ofAdd = (id: string) => `callback-relayed/${SDK_APP_ID}/${id}`;

/** One that the endpoint refused. */
async function refused(endpoint: Instructions): Promise<string> {
  const id = await deliver(friendAdd(endpoint));
  await stage.waiting(ofAdd(id));
  return id;
}

describe('a friend-delete callback', () => {
  test('given that the endpoint was away, then it gets the callback once it is back, signed anew, beside the other side effects', async () => {
    await stage.endpoint.kill();
    const own = 'ClientIP=::1&x=%e5%a5%bd&%53ignature=kept';
    const id = await deliver(
      friendDelete({ query: own, headers: { 'content-type': 'application/json;charset=GBK' } }),
    );
    await until('it to be retried', async () => {
      const progress = await stage.client.workflow
        .getHandle(ofDelete(id))
        .query<Progress, []>(progressQuery)
        .catch(() => undefined);
      return (
        progress?.sideEffects.relayCallback?.retrying === 1 && progress.sideEffects.notifyUsers?.done === 1
      );
    });
    const back = Math.floor(Date.now() / 1_000);
    await stage.endpoint.restart();
    const { pairs, sideEffects } = await stage.result(ofDelete(id));
    assert.deepEqual([pairs, sideEffects.relayCallback], [1, DONE]);
    const [taken = assert.fail(), ...others] = await stage.taken({ id });
    assert.deepEqual([taken.isSigned, others.length], [true, 0]);
    const query = queryOf(taken);
    assert.deepEqual([query.getAll('Sign').length, query.getAll('RequestTime').length], [1, 1]);
    assert.ok(Number(query.get('RequestTime')) >= back);
    const parameters = `SdkAppid=${SDK_APP_ID}&CallbackCommand=${FRIEND_DELETE}&contenttype=json&RequestId=${id}&${own}`;
    assert.ok(taken.target.startsWith(`/im/callback?from=im&${parameters}&Sign=`), taken.target);
    assert.equal(headerOf(taken, 'content-type'), 'application/json;charset=GBK');
    assert.deepEqual(JSON.parse(Buffer.from(taken.body, 'base64').toString()), {
      CallbackCommand: FRIEND_DELETE,
      ...PAIR_LIST,
    });
  });

  test('given several tries, then each is the same callback with the same delivery id', async () => {
    const id = await deliver(friendDelete({ endpoint: { status: 503, tries: 2 } }));
    await stage.result(ofDelete(id));
    const taken = await stage.taken({ id }, 3);
    assert.equal(taken.length, 3);
    assert.ok(taken.every(({ isSigned }) => isSigned));
    assert.equal(new Set(taken.map(({ body }) => body)).size, 1);
  });

  test('of an ignored platform is only relayed', async () => {
    const id = await deliver(friendDelete({ query: 'OptPlatform=RESTAPI' }));
    const { sideEffects } = await stage.result(ofDelete(id));
    assert.deepEqual(sideEffects, { relayCallback: DONE });
    assert.equal((await stage.taken({ id })).length, 1);
  });

  test('that is sent again reaches the endpoint once', async () => {
    const requestId = randomUUID();
    for (let round = 0; round < 2; round += 1) {
      const { headers } = await relaying.post(friendDelete({ requestId }));
      assert.equal(headers['x-delivery-id'], requestId);
    }
    await stage.result(ofDelete(requestId));
    assert.equal((await stage.taken({ id: requestId })).length, 1);
  });

  test('as large as MAX_BODY, of which hardly anything compresses, fits into Temporal', async () => {
    const start = Buffer.from(
      `{"CallbackCommand":"${FRIEND_DELETE}","PairList":[{"From_Account":"a","To_Account":"b"}],"x":"`,
    );
    // Bytes that are no UTF-8, which JSON's parser takes all the same within a text.
    const random = randomBytes(1024 * 1024 - start.length - 2).map((byte) => byte | 0x80);
    const body = Buffer.concat([start, random, Buffer.from('"}')]);
    const id = await deliver(friendDelete({ body }));
    await stage.result(ofDelete(id));
    const [taken] = await stage.taken({ id });
    assert.ok(Buffer.from(taken?.body ?? '', 'base64').equals(body));
  });

  test('of pairs alone, as large as MAX_BODY, fits into Temporal', async () => {
    const name = () => randomBytes(24).toString('base64');
    const pairs = Array.from({ length: 10_000 }, () => ({ From_Account: name(), To_Account: name() }));
    const body = JSON.stringify({ CallbackCommand: FRIEND_DELETE, PairList: pairs });
    assert.ok(body.length > 990_000 && body.length <= 1024 * 1024, String(body.length));
    const id = await deliver(friendDelete({ body, query: 'OptPlatform=RESTAPI' }));
    assert.equal((await stage.result(ofDelete(id))).pairs, 10_000);
    const [taken] = await stage.taken({ id });
    assert.equal(Buffer.from(taken?.body ?? '', 'base64').toString(), body);
  });
});

describe('a callback of another command in RELAY_DURABLE', () => {
  test('is posted by a workflow of its own, until the endpoint has taken it; a "before" command is passed through', async () => {
    const id = await deliver(friendAdd({ errorCode: 1, tries: 1 }));
    const { pairs, sideEffects } = await stage.result(ofAdd(id));
    assert.deepEqual([pairs, sideEffects], [0, { relayCallback: DONE }]);
    assert.equal((await stage.client.workflow.getHandle(ofAdd(id)).describe()).type, 'callbackRelayed');
    const taken = await stage.taken({ id }, 2);
    assert.deepEqual(
      taken.map(({ isSigned }) => isSigned),
      [true, true],
    );
    assert.equal(await relaying.metric(`unfriend_commands_total{command="${FRIEND_ADD}"}`), 1);

    const before = await relaying.post({ command: 'Sns.CallbackPrevFriendAdd', requestId: randomUUID() });
    assert.match(before.body.toString(), /"ResultCode":38000/);
    assert.equal(before.headers['x-delivery-id'], undefined);
  });

  test('given that the endpoint refuses it, then status and failed show it, and retry takes its delivery id', async () => {
    const id = await refused({ status: 403, tries: 1 });
    const status = await stage.unfriend('status', id);
    assert.match(status.stdout, new RegExp(`^${id}: NeedsAttention, workflow RUNNING$`, 'm'));
    assert.match(status.stdout, /relayCallback: 0 of 1 done, 0 retrying, 1 parked/);
    assert.match(status.stdout, /1 × Unauthorized: the endpoint at 127\.0\.0\.1:\d+ answered HTTP 403/);
    const failed = await stage.unfriend('failed', '--json');
    const { deliveries } = JSON.parse(failed.stdout) as { deliveries: Record<string, unknown>[] };
    const listed = deliveries.find(({ deliveryId }) => deliveryId === id);
    assert.deepEqual([listed?.workflowId, listed?.parked], [ofAdd(id), { relayCallback: 1 }]);
    const retry = await stage.unfriend('retry', id);
    assert.deepEqual([retry.code, retry.stderr], [0, '']);
    await stage.result(ofAdd(id));
    assert.equal((await stage.taken({ id })).length, 2);
  });

  test('given a redirect, then it waits for a person, and dismiss takes its delivery id', async () => {
    const id = await refused({ status: 302, headers: { location: '/im/elsewhere' } });
    const dismiss = await stage.unfriend('dismiss', id, '--reason', 'the app has it');
    assert.equal(dismiss.code, 0, dismiss.stderr);
    const { sideEffects } = await stage.result(ofAdd(id));
    assert.deepEqual(sideEffects.relayCallback, { ...DONE, done: 0, dismissed: 1 });
    assert.equal((await stage.taken({ id })).length, 1);
  });

  test('given one that was terminated, then a retry continues in a workflow of the same type', async () => {
    const id = await refused({ status: 403, tries: 1 });
    await stage.client.workflow.getHandle(ofAdd(id)).terminate();
    const retry = await stage.unfriend('retry', id, '--json');
    assert.equal(retry.code, 0, retry.stderr);
    const { sideEffects } = await stage.result(`${ofAdd(id)}/retry-1`);
    assert.deepEqual(sideEffects, { relayCallback: DONE });
    const { type } = await stage.client.workflow.getHandle(`${ofAdd(id)}/retry-1`).describe();
    assert.equal(type, 'callbackRelayed');
    const status = await stage.unfriend('status', id);
    assert.deepEqual([status.code, /: Done, workflow COMPLETED/.test(status.stdout)], [0, true]);
  });
});

test('given kill -9 of Unfriend right after the answer, then the endpoint gets the callback after the next start', async () => {
  const settings = stage.settings({ RELAY_DURABLE: 'Sns.*' });
  const killed = await stage.start(settings);
  await stage.endpoint.kill();
  const ids = await Promise.all([deliver(friendDelete(), killed), deliver(friendAdd(), killed)]);
  await killed.kill();
  await stage.endpoint.restart();
  await stage.start(settings);
  for (const id of ids) {
    const taken = await stage.taken({ id });
    assert.deepEqual([taken.length, taken[0]?.isSigned], [1, true]);
  }
});

describe('given an endpoint with a certificate of an authority of one’s own', () => {
  const folder = temporaryFolder();
  let tls: AppEndpoint;
  const ca = join(folder.path, 'ca.pem');
  before(async () => {
    const { ca: pem, ...certificate } = signedByAuthority('localhost');
    writeFileSync(ca, pem);
    tls = await AppEndpoint.start({ token, tls: certificate });
  });
  after(async () => {
    await tls.stop();
    folder.remove();
  });

  test('then RELAY_CA lets both ways reach it, and without it nothing does', async () => {
    const trusting = await stage.start({ RELAY_URL: tls.url, RELAY_CA: ca });
    assert.equal((await trusting.post({ command: 'C2C.CallbackBeforeSendMsg' })).status, 200);
    const id = await deliver(friendDelete(), trusting);
    await stage.result(ofDelete(id));
    assert.equal(tls.taken().length, 2);
    const distrusting = await stage.start({ RELAY_URL: tls.url });
    assert.equal((await distrusting.post({ command: 'C2C.CallbackBeforeSendMsg' })).status, 504);
    const [line] = distrusting.process.logs().filter(({ result }) => result === 'unreachable');
    assert.equal(line?.reason, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    assert.equal(tls.taken().length, 2);
  });
});
