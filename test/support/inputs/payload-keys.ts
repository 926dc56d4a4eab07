import { randomBytes } from 'node:crypto';
import type { PayloadKey } from '../../../src/encryption/payload-keys.ts';

/** A new key with this id. */
export function payloadKey(id = 'k1'): PayloadKey {
  return { id, secret: randomBytes(32) };
}

/** `PAYLOAD_KEYS` with these keys, as an operator sets it. */
export function payloadKeysSetting(...keys: PayloadKey[]): string {
  return keys.map(({ id, secret }) => `${id}:${Buffer.from(secret).toString('base64')}`).join(',');
}
