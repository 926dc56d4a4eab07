import { type PayloadKey, parsePayloadKeys } from '../../../src/encryption/payload-keys.ts';

/** A value of `PAYLOAD_KEYS` with one key for each id. Equal ids have equal keys. */
export function payloadKeysOf(...ids: string[]): string {
  return ids.map((id) => `${id}:${Buffer.alloc(32, id).toString('base64')}`).join(',');
}

export function keysOf(...ids: string[]): PayloadKey[] {
  return parsePayloadKeys(payloadKeysOf(...ids));
}
