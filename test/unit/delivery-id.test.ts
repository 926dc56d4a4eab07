import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  type DeliveryKey,
  deliveryKey,
  otherBodyDeliveryId,
  timedDeliveryId,
} from '../../src/callback/delivery-id.ts';
import { FRIEND_DELETE } from '../../src/callback/schema.ts';
import { retryWorkflowId, workflowId } from '../../workflows/contract.ts';
import { APP, accepted, friendDelete, judged, NOW } from '../support/judging.ts';

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
    assert.equal(key.base, '2ea4e023-2859');
    assert.equal(key.hasRequestId, true);
  });
}

test('a RequestId of up to 64 letters, digits, dots, dashes and underscores is the delivery id', () => {
  for (const requestId of ['1', '.', 'a_B-c.9', '2ea4e023-2859-4512-b629-3089f77dff70', 'x'.repeat(64)]) {
    assert.equal(keyOf({ requestId }).base, requestId);
  }
});

test('any other RequestId gives the first 32 hex digits of its sha256', () => {
  for (const requestId of ['x'.repeat(65), 'a b', 'a/b', 'ü', 'a\r\nb', 'a\n', '%41', '(1)']) {
    assert.equal(keyOf({ requestId }).base, sha256(requestId).slice(0, 32), JSON.stringify(requestId));
    assert.equal(keyOf({ requestId }).hasRequestId, true);
  }
  assert.equal(keyOf({ requestId: 'a b' }).base, 'c8687a08aa5d6ed2044328fa6a697ab8');
});

test('the same RequestId and the same body give the same key', () => {
  assert.deepEqual(keyOf({ requestId: 'r1' }), keyOf({ requestId: 'r1', body: Buffer.from(BODY) }));
});

test('given a RequestId that another body has taken, then the id ends in the first 8 hex digits of the body', () => {
  const body = Buffer.from('{"PairList":[1]}');
  const key = keyOf({ requestId: 'r1', body });
  assert.equal(otherBodyDeliveryId(key), `r1-${sha256(body).slice(0, 8)}`);
  assert.notEqual(otherBodyDeliveryId(key), otherBodyDeliveryId(keyOf({ requestId: 'r1' })));
});

test('given no RequestId, then the id is 24 hex digits of the content and the time of receipt', () => {
  const key = keyOf();
  assert.equal(key.hasRequestId, false);
  assert.match(timedDeliveryId(key, NOW), new RegExp(`^[0-9a-f]{24}-${NOW}$`));
});

test('given an empty RequestId, then the content names the delivery', () => {
  assert.deepEqual(keyOf({ requestId: '' }), keyOf());
  assert.equal(accepted(judged({ query: { RequestId: '' } })).key.hasRequestId, false);
});

test('given an empty RequestId beside a filled one, then the filled one counts', () => {
  const { key } = accepted(judged({ query: { RequestId: '', RequestID: 'r2' } }));
  assert.equal(key.base, 'r2');
});

test('without a RequestId, equal content has one key, and any byte, app or command sets callbacks apart', () => {
  assert.equal(keyOf({ body: Buffer.from(BODY) }).base, keyOf().base);
  const others = [
    { body: Buffer.concat([BODY, Buffer.from(' ')]) },
    { sdkAppId: '1400000001' },
    { command: 'Sns.CallbackFriendAdd' },
    { sdkAppId: `${APP}\n${FRIEND_DELETE}`, command: '' },
  ];
  const bases = [UNNAMED, ...others].map((change) => keyOf(change).base);
  assert.equal(new Set(bases).size, bases.length);
});

test('ids stay as they are from version to version', () => {
  assert.equal(timedDeliveryId(keyOf(), 1_700_000_000_000), '13dec25ca5dda678ced3dff0-1700000000000');
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
    for (const deliveryId of [key.base, timedDeliveryId(key, receivedAt), otherBodyDeliveryId(key)]) {
      assert.doesNotMatch(workflowId({ sdkAppId, deliveryId }), /secret/);
    }
  }
});

test('the workflow id is friend-deleted/<SdkAppid>/<delivery id>', () => {
  assert.equal(workflowId({ sdkAppId: APP, deliveryId: 'r1' }), `friend-deleted/${APP}/r1`);
});

test('the longest id fits a header and the 255 characters of a workflow id', () => {
  const key = keyOf({ requestId: 'x'.repeat(64) });
  const deliveryId = otherBodyDeliveryId(key);
  assert.match(deliveryId, /^[A-Za-z0-9._-]{73}$/);
  assert.ok(workflowId({ sdkAppId: '1'.repeat(15), deliveryId }).length <= 255);
});

test('the retries of a delivery are counted behind its own id, whatever that looks like', () => {
  for (const deliveryId of ['2ea4e023-2859', 'retry-5']) {
    const closed = workflowId({ sdkAppId: '1400000000', deliveryId });
    assert.equal(retryWorkflowId(closed, 1), `${closed}/retry-1`);
    assert.equal(retryWorkflowId(`${closed}/retry-1`, 2), `${closed}/retry-2`);
  }
});
