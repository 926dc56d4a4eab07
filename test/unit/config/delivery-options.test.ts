import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deliveryOptions } from '../../../src/config/delivery-options.ts';
import { read } from '../../support/inputs/settings.ts';

const PAYLOAD_KEYS = `k1:${Buffer.alloc(32, 1).toString('base64')}`;

/** How a worker starts the deliveries of `reconcile`, and a receiver those of callbacks. */
function indexedBy(environment: Record<string, string>) {
  const { indexAccounts, hashKeys } = deliveryOptions(
    read({ SDK_APP_ID: '1400000000', ...environment }, 'work'),
  );
  return [indexAccounts, hashKeys?.map(({ id }) => id)];
}

test('every process that starts deliveries indexes accounts as INDEX_ACCOUNTS says: by hashes where there are keys', () => {
  assert.deepEqual(indexedBy({}), [true, undefined]);
  assert.deepEqual(indexedBy({ PAYLOAD_KEYS }), [true, ['k1']]);
  assert.deepEqual(indexedBy({ PAYLOAD_KEYS, INDEX_ACCOUNTS: 'on' }), [true, undefined]);
  assert.deepEqual(indexedBy({ PAYLOAD_KEYS, INDEX_ACCOUNTS: 'off' }), [false, undefined]);
});
