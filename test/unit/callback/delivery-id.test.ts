import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  type DeliveryKey,
  deliveryIds,
  deliveryKey,
  firstDeliveryId,
  hasRequestId,
  isSameCallback,
} from '../../../src/callback/delivery-id.ts';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';
import { redoWorkflowId, retryWorkflowId, workflowId } from '../../../workflows/contract.ts';
import { APP, accepted, friendDelete, judged, NOW } from '../../support/judging.ts';

const BODY = Buffer.from('{"PairList":[]}');
const UNNAMED = { sdkAppId: APP, command: FRIEND_DELETE, requestId: undefined, body: BODY };

function keyOf(change: Partial<Parameters<typeof deliveryKey>[0]> = {}): DeliveryKey {
  return deliveryKey({ ...UNNAMED, ...change });
}

function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

for (const spelling of ['RequestId', 'RequestID', 'requestid', 'REQUESTID', 'rEqUeStId']) {
  test(`a RequestId spelled ${spelling} names the delivery`, () => {
    const { key } = accepted(judged({ query: { RequestId: null, [spelling]: '2ea4e023-2859' } }));
    assert.equal(firstDeliveryId(key, NOW), '2ea4e023-2859');
    assert.equal(hasRequestId(key), true);
  });
}

test('a RequestId of up to 64 letters, digits, dots, dashes and underscores is the delivery id', () => {
  for (const requestId of ['1', '.', 'a_B-c.9', '2ea4e023-2859-4512-b629-3089f77dff70', 'x'.repeat(64)]) {
    assert.equal(firstDeliveryId(keyOf({ requestId }), NOW), requestId);
  }
});

test('any other RequestId gives the first 32 hex digits of its sha256', () => {
  for (const requestId of ['x'.repeat(65), 'a b', 'a/b', 'ü', 'a\r\nb', 'a\n', '%41', '(1)']) {
    const key = keyOf({ requestId });
    assert.equal(firstDeliveryId(key, NOW), sha256(requestId).slice(0, 32), JSON.stringify(requestId));
    assert.equal(hasRequestId(key), true);
  }
  assert.equal(firstDeliveryId(keyOf({ requestId: 'a b' }), NOW), 'c8687a08aa5d6ed2044328fa6a697ab8');
});

test('the same RequestId and the same body give the same key', () => {
  assert.deepEqual(keyOf({ requestId: 'r1' }), keyOf({ requestId: 'r1', body: Buffer.from(BODY) }));
});

test('given a RequestId that another body has taken, then the id ends in the first 8 hex digits of the body, and in more of them while that is taken too', () => {
  const body = Buffer.from('{"PairList":[1]}');
  const hash = sha256(body);
  assert.deepEqual(
    [...deliveryIds(keyOf({ requestId: 'r1', body }), NOW)],
    ['r1', ...[8, 16, 32, 64].map((digits) => `r1-${hash.slice(0, digits)}`)],
  );
});

test('the last id that a callback may have is nobody else’s: no RequestId is as long, and another body ends it otherwise', () => {
  for (const requestId of ['1', 'x'.repeat(64), 'a b', undefined]) {
    const last = [...deliveryIds(keyOf({ requestId }), NOW)].at(-1) ?? '';
    assert.ok(last.length > 64, last);
    assert.ok(last.endsWith(`-${sha256(BODY)}`));
  }
});

test('the same body under another RequestId is another callback, also where the ids look alike', () => {
  const keys = [
    keyOf({ requestId: 'r1' }),
    keyOf({ requestId: `r1-${sha256(BODY).slice(0, 8)}` }),
    keyOf({ requestId: 'a b' }),
    keyOf({ requestId: firstDeliveryId(keyOf({ requestId: 'a b' }), NOW) }),
    keyOf(),
    keyOf({ requestId: firstDeliveryId(keyOf(), NOW) }),
    keyOf({ requestId: keyOf().origin }),
    keyOf({ requestId: keyOf({ requestId: 'a b' }).origin }),
  ];
  for (const [index, key] of keys.entries())
    for (const [other, its] of keys.entries()) assert.equal(isSameCallback(key, its), index === other);
});

test('what an earlier version wrote down, without the RequestId, is compared by the body alone', () => {
  const key = keyOf({ requestId: 'r1' });
  const { bodyHash } = key;
  assert.equal(isSameCallback({ bodyHash }, key), true);
  assert.equal(isSameCallback({ bodyHash: sha256('other') }, key), false);
});

test('given no RequestId, then the id is 24 hex digits of the content and the time of receipt', () => {
  const key = keyOf();
  assert.equal(hasRequestId(key), false);
  assert.match(firstDeliveryId(key, NOW), new RegExp(`^[0-9a-f]{24}-${NOW}$`));
});

test('given an empty RequestId, then the content names the delivery', () => {
  assert.deepEqual(keyOf({ requestId: '' }), keyOf());
  assert.equal(hasRequestId(accepted(judged({ query: { RequestId: '' } })).key), false);
});

test('given an empty RequestId beside a filled one, then the filled one counts', () => {
  const { key } = accepted(judged({ query: { RequestId: '', RequestID: 'r2' } }));
  assert.equal(key.origin, 'r2');
});

test('without a RequestId, equal content has one key, and any byte, app or command sets callbacks apart', () => {
  assert.equal(keyOf({ body: Buffer.from(BODY) }).origin, keyOf().origin);
  const others = [
    { body: Buffer.concat([BODY, Buffer.from(' ')]) },
    { sdkAppId: '1400000001' },
    { command: 'Sns.CallbackFriendAdd' },
    { sdkAppId: `${APP}\n${FRIEND_DELETE}`, command: '' },
  ];
  const origins = [UNNAMED, ...others].map((change) => keyOf(change).origin);
  assert.equal(new Set(origins).size, origins.length);
});

test('ids stay as they are from version to version', () => {
  assert.equal(firstDeliveryId(keyOf(), 1_700_000_000_000), '13dec25ca5dda678ced3dff0-1700000000000');
});

test('without a RequestId, parameters that vary from try to try do not change the key', () => {
  const first = accepted(judged({ query: { RequestId: null } })).key;
  const again = accepted(
    judged({ query: { RequestId: null, ClientIP: '10.0.0.9', OptPlatform: 'Web' }, now: NOW + 5_000 }),
  ).key;
  assert.deepEqual(again, first);
});

test('no account name shows in an id or a workflow id, with and without a RequestId', () => {
  for (const requestId of [null, 'r1', 'secret-account with spaces']) {
    const body = friendDelete(['secret-account', 'other-secret']);
    const { key, sdkAppId, receivedAt } = accepted(judged({ query: { RequestId: requestId }, body }));
    for (const deliveryId of deliveryIds(key, receivedAt)) {
      assert.doesNotMatch(workflowId({ sdkAppId, deliveryId }), /secret/);
    }
  }
});

test('the workflow id is friend-deleted/<SdkAppid>/<delivery id>', () => {
  assert.equal(workflowId({ sdkAppId: APP, deliveryId: 'r1' }), `friend-deleted/${APP}/r1`);
});

test('the longest id fits a header and the 255 characters of a workflow id, those of its redos and retries included', () => {
  const ids = [...deliveryIds(keyOf({ requestId: 'x'.repeat(64) }), NOW)];
  for (const deliveryId of ids) assert.match(deliveryId, /^[A-Za-z0-9._-]{64,129}$/);
  const longest = workflowId({ sdkAppId: '1'.repeat(15), deliveryId: ids.at(-1) ?? '' });
  assert.ok(retryWorkflowId(redoWorkflowId(longest, 1_000), 1_000).length <= 255);
});

test('the retries of a delivery are counted behind its own id, whatever that looks like', () => {
  for (const deliveryId of ['2ea4e023-2859', 'retry-5']) {
    const closed = workflowId({ sdkAppId: '1400000000', deliveryId });
    assert.equal(retryWorkflowId(closed, 1), `${closed}/retry-1`);
    assert.equal(retryWorkflowId(`${closed}/retry-1`, 2), `${closed}/retry-2`);
  }
});
