/** One key of `PAYLOAD_KEYS`. Plain data, so that it can be passed to a thread. */
export type PayloadKey = {
  /** Stands beside everything that the key encrypted. */
  id: string;
  /** 32 bytes, for AES-256. */
  secret: Uint8Array;
};

/** Why `PAYLOAD_KEYS` is refused. The reason never repeats a key. */
export class PayloadKeysError extends Error {
  override name = 'PayloadKeysError';
}

const KEY = /^([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/]{43}=)$/;

/**
 * Reads `PAYLOAD_KEYS`: `<id>:<32 bytes in base64>`, several separated by commas. The first one encrypts, all decrypt.
 *
 * @throws PayloadKeysError
 */
export function parsePayloadKeys(value: string): PayloadKey[] {
  const items = value.split(',').map((item) => item.trim());
  const keys = items.filter((item) => item !== '').map(parseKey);
  const repeated = keys.find(({ id }, index) => keys.findIndex((other) => other.id === id) !== index);
  if (repeated)
    throw new PayloadKeysError(`expected a different id for each key; ${repeated.id} stands there twice`);
  return keys;
}

function parseKey(item: string, index: number): PayloadKey {
  const [, id, base64] = KEY.exec(item) ?? [];
  if (id === undefined || base64 === undefined) {
    throw new PayloadKeysError(
      `expected <id>:<32 bytes in base64>, such as k1: and the output of openssl rand -base64 32; key ${index + 1} is not so`,
    );
  }
  return { id, secret: Buffer.from(base64, 'base64') };
}
