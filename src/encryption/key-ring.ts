import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { PayloadKey } from './payload-keys.ts';

const CIPHER = 'aes-256-gcm';
/** The cipher's own lengths, in bytes. */
const NONCE = 12;
const TAG = 16;

/** The first byte of what is sealed, so that a later version can change the rest. */
const FORMAT = 1;
/** The format and the length of the key's id. */
const HEADER = 2;

/** How many bytes of a hash are kept. That two of a billion accounts share one has a probability of about 10^-21. */
const ACCOUNT_HASH = 16;

/** What is sealed for one purpose can't be opened for another. */
export type SealedFor = 'temporal' | 'journal';

/** Something can't be decrypted: its key is not in `PAYLOAD_KEYS`, or its bytes are not what was encrypted. */
export class DecryptionError extends Error {
  override name = 'DecryptionError';
}

/**
 * Encrypts with the first key of `PAYLOAD_KEYS`, and decrypts with each of them. AES-256-GCM with a random nonce: one key
 * is good for 2^32 encryptions (NIST SP 800-38D, 8.3). docs/encryption.md says when to change it.
 */
export class KeyRing {
  readonly #first: PayloadKey;
  readonly #keys: ReadonlyMap<string, PayloadKey>;
  readonly #hashSecrets: readonly Uint8Array[];

  /** @param keys at least one */
  constructor(keys: readonly PayloadKey[]) {
    const [first] = keys;
    if (!first) throw new RangeError('a key ring needs a key');
    this.#first = first;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    this.#hashSecrets = keys.map(({ secret }) => deriveSecret(secret, 'unfriend account hash'));
  }

  /** The id of the key that encrypts. */
  get keyId(): string {
    return this.#first.id;
  }

  /** Format, length of the key's id, the id, nonce, tag, what is encrypted. */
  seal(plain: Uint8Array, purpose: SealedFor): Buffer {
    const { id, secret } = this.#first;
    const header = Buffer.from([FORMAT, id.length, ...Buffer.from(id)]);
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, secret, nonce).setAAD(withPurpose(header, purpose));
    const encrypted = cipher.update(plain);
    cipher.final();
    return Buffer.concat([header, nonce, cipher.getAuthTag(), encrypted]);
  }

  /** @throws DecryptionError */
  open(sealed: Uint8Array, purpose: SealedFor): Buffer {
    const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
    const id = keyIdOf(bytes);
    const key = this.#keys.get(id);
    if (!key) throw missingKey(id);
    const nonceAt = HEADER + id.length;
    const tagAt = nonceAt + NONCE;
    const encryptedAt = tagAt + TAG;
    const decipher = createDecipheriv(CIPHER, key.secret, bytes.subarray(nonceAt, tagAt))
      .setAAD(withPurpose(bytes.subarray(0, nonceAt), purpose))
      .setAuthTag(bytes.subarray(tagAt, encryptedAt));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(encryptedAt)), decipher.final()]);
    } catch (cause) {
      throw new DecryptionError(`damaged, or encrypted with another key of the id ${id}`, { cause });
    }
  }

  /** What stands for an account in search attributes: a keyed hash (HMAC-SHA-256), 22 letters. */
  hashAccount(account: string): string {
    return hashWith(this.#hashSecrets[0] as Uint8Array, account);
  }

  /** The hashes of an account by each key, because a delivery keeps the hash of the key that was first when it began. */
  hashesOf(account: string): string[] {
    return this.#hashSecrets.map((secret) => hashWith(secret, account));
  }
}

/**
 * The id of the key that encrypted something.
 *
 * @throws DecryptionError when it is not encrypted by Unfriend
 */
export function keyIdOf(sealed: Uint8Array): string {
  const nonceAt = HEADER + (sealed[1] ?? 0);
  if (sealed[0] !== FORMAT || sealed.length < nonceAt + NONCE + TAG)
    throw new DecryptionError('not encrypted by Unfriend');
  return Buffer.from(sealed.subarray(HEADER, nonceAt)).toString('latin1');
}

export function missingKey(id: string): DecryptionError {
  return new DecryptionError(`encrypted with the key ${id}, which PAYLOAD_KEYS lacks`);
}

/** Names the purpose in what the tag protects, so that nothing is opened for another purpose. */
function withPurpose(header: Uint8Array, purpose: SealedFor): Buffer {
  return Buffer.concat([header, Buffer.from(`unfriend ${purpose}`)]);
}

/** A secret of its own per use (HKDF, RFC 5869), so that a hash says nothing about the key that encrypts. */
function deriveSecret(secret: Uint8Array, use: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), use, 32));
}

function hashWith(secret: Uint8Array, account: string): string {
  return createHmac('sha256', secret)
    .update(account)
    .digest()
    .subarray(0, ACCOUNT_HASH)
    .toString('base64url');
}
