import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecryptionError } from '../../../src/encryption/key-ring.ts';
import { OperatorError } from '../../../src/operator-error.ts';
import { toOperatorError } from '../../../src/temporal/connect.ts';
import { classifyStartError } from '../../../src/temporal/start/start-error.ts';

const missing = new DecryptionError('encrypted with the key k1, which PAYLOAD_KEYS lacks');

test('a command names the key that it lacks, however the SDK wraps the error', () => {
  for (const error of [missing, new Error('failed', { cause: new Error('to decode', { cause: missing }) })]) {
    const known = toOperatorError(error);
    assert.ok(known instanceof OperatorError);
    assert.match(known.message, /encrypted with the key k1, which PAYLOAD_KEYS lacks\. Set PAYLOAD_KEYS/);
  }
});

test('a duplicate of a delivery that a receiver can’t read waits for the key, and never goes to the quarantine', () => {
  assert.equal(classifyStartError(missing), 'this-one');
});
