import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { DecryptionError, KeyRing } from './key-ring.ts';
import type { PayloadKey } from './payload-keys.ts';

const PayloadMessage = proto.temporal.api.common.v1.Payload;

/** The name that Temporal's own samples use. People see it in the Temporal UI where no codec server is set. */
const ENCRYPTED = 'binary/encrypted';
const ENCODING = Buffer.from(ENCRYPTED);

/**
 * Encrypts whole payloads, metadata included, before they go to Temporal. It decrypts with every key of the ring, and
 * leaves alone what is not encrypted: workflows that began before PAYLOAD_KEYS was set go on. Without keys it encrypts
 * nothing, but refuses what is encrypted: otherwise a process without its keys would fail somewhere else, with a message
 * that does not name the key.
 */
export class EncryptingCodec implements PayloadCodec {
  readonly #ring: KeyRing | undefined;
  readonly #keyId: Uint8Array;

  constructor(keys: readonly PayloadKey[]) {
    this.#ring = keys.length > 0 ? new KeyRing(keys) : undefined;
    this.#keyId = Buffer.from(this.#ring?.keyId ?? '');
  }

  /** Whether new payloads are encrypted. */
  get encrypts(): boolean {
    return this.#ring !== undefined;
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    const ring = this.#ring;
    return Promise.resolve(ring ? payloads.map((payload) => this.#encrypt(ring, payload)) : payloads);
  }

  /** @throws DecryptionError when a key is missing, or the bytes are not what was encrypted */
  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.some(isEncrypted) ? payloads.map((payload) => this.#decrypt(payload)) : payloads;
  }

  #encrypt(ring: KeyRing, payload: Payload): Payload {
    return {
      metadata: { encoding: ENCODING, 'encryption-key-id': this.#keyId },
      data: ring.seal(PayloadMessage.encode(payload).finish(), 'temporal'),
    };
  }

  #decrypt(payload: Payload): Payload {
    if (!isEncrypted(payload)) return payload;
    if (!this.#ring)
      throw new DecryptionError(`encrypted with the key ${keyIdOf(payload)}, and PAYLOAD_KEYS is not set`);
    return PayloadMessage.decode(this.#ring.open(payload.data ?? new Uint8Array(0), 'temporal'));
  }
}

function isEncrypted({ metadata }: Payload): boolean {
  const encoding = metadata?.encoding;
  return encoding !== undefined && encoding.length === ENCODING.length && ENCODING.equals(encoding);
}

function keyIdOf({ metadata }: Payload): string {
  return Buffer.from(metadata?.['encryption-key-id'] ?? 'of another program').toString();
}
