import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { defaultPayloadConverter } from '@temporalio/common';
import { DecryptionError } from '../../../src/encryption/key-ring.ts';
import { EncryptingCodec } from '../../../src/encryption/payload-codec.ts';
import type { PayloadKey } from '../../../src/encryption/payload-keys.ts';

const key = (id: string): PayloadKey => ({ id, secret: randomBytes(32) });
const [first, second] = [key('k1'), key('k2')];
const plain = defaultPayloadConverter.toPayload({ from: 'alice', to: 'bob' });
const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();

async function encrypted(...keys: PayloadKey[]) {
  const [payload] = await new EncryptingCodec(keys).encode([plain]);
  assert.ok(payload);
  return payload;
}

describe('a codec with keys', () => {
  test('encrypts the whole payload: its value and its metadata', async () => {
    const payload = await encrypted(first);
    assert.equal(text(payload.metadata?.encoding), 'binary/encrypted');
    assert.equal(text(payload.metadata?.['encryption-key-id']), 'k1');
    assert.doesNotMatch(text(payload.data), /alice|bob|json/);
  });

  test('gives back the same payload', async () => {
    const codec = new EncryptingCodec([first]);
    const [decoded] = await codec.decode(await codec.encode([plain]));
    assert.ok(decoded);
    assert.equal(text(decoded.metadata?.encoding), 'json/plain');
    assert.deepEqual(defaultPayloadConverter.fromPayload(decoded), { from: 'alice', to: 'bob' });
  });

  test('encrypts with the first key and decrypts with each', async () => {
    const codec = new EncryptingCodec([second, first]);
    const payloads = [await encrypted(first), await encrypted(second)];
    const decoded = await codec.decode(payloads);
    assert.deepEqual(
      decoded.map((one) => text(one.data)),
      Array(2).fill(text(plain.data)),
    );
    assert.equal(text((await codec.encode([plain]))[0]?.metadata?.['encryption-key-id']), 'k2');
  });

  test('leaves alone what is not encrypted, also beside what is', async () => {
    const codec = new EncryptingCodec([first]);
    assert.deepEqual(await codec.decode([plain]), [plain]);
    const [left, decoded] = await codec.decode([plain, await encrypted(first)]);
    assert.equal(left, plain);
    assert.equal(text(decoded?.data), text(plain.data));
  });

  test('names the key that it lacks', async () => {
    await assert.rejects(new EncryptingCodec([second]).decode([await encrypted(first)]), {
      name: 'DecryptionError',
      message: 'encrypted with the key k1, which PAYLOAD_KEYS lacks',
    });
  });

  test('refuses what another program encrypted, and what was changed', async () => {
    const payload = await encrypted(first);
    const changed = Buffer.from(payload.data ?? []);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const codec = new EncryptingCodec([first]);
    await assert.rejects(codec.decode([{ ...payload, data: changed }]), DecryptionError);
    await assert.rejects(codec.decode([{ ...payload, data: Buffer.from('anything') }]), DecryptionError);
    await assert.rejects(codec.decode([{ metadata: payload.metadata ?? {} }]), DecryptionError);
  });
});

describe('a codec without keys', () => {
  const codec = new EncryptingCodec([]);

  test('changes nothing', async () => {
    const payloads = [plain];
    assert.equal(codec.encrypts, false);
    assert.equal(await codec.encode(payloads), payloads);
    assert.equal(await codec.decode(payloads), payloads);
  });

  test('names the key of what is encrypted', async () => {
    await assert.rejects(codec.decode([await encrypted(first)]), {
      name: 'DecryptionError',
      message: 'encrypted with the key k1, and PAYLOAD_KEYS is not set',
    });
  });
});
