import { KeyRing, keyIdOf, missingKey } from '../../encryption/key-ring.ts';
import type { PayloadKey } from '../../encryption/payload-keys.ts';
import { checkRecord, composeRecord, type RecordContent, type RecordKind } from '../record.ts';

/** Writes and reads what records hold. With keys everything that is written is encrypted. */
export class RecordCodec {
  readonly #ring: KeyRing | undefined;

  /** @param keys of `PAYLOAD_KEYS`; none: what is written is plain, and nothing can be decrypted */
  constructor(keys: readonly PayloadKey[] = []) {
    this.#ring = keys.length > 0 ? new KeyRing(keys) : undefined;
  }

  /** The id of the key that encrypts; undefined: nothing is encrypted. */
  get keyId(): string | undefined {
    return this.#ring?.keyId;
  }

  encode(kind: RecordKind, key: string, value: unknown): Buffer {
    return this.#compose(kind, key, JSON.stringify(value));
  }

  /**
   * @throws DamagedRecordError
   * @throws DecryptionError when the record is whole, and its key is missing: it can be read once the key is there
   */
  decode<T>(kind: RecordKind, key: string, bytes: Uint8Array): T {
    return this.read<T>(checkRecord(kind, key, bytes));
  }

  /** @throws DecryptionError as `decode` */
  read<T>(content: RecordContent): T {
    return JSON.parse(this.#decrypt(content).toString()) as T;
  }

  /**
   * The same record as this codec writes it: encrypted with the first key, or plain.
   *
   * @throws DamagedRecordError and DecryptionError as `decode`
   */
  recode(kind: RecordKind, key: string, bytes: Uint8Array): Buffer {
    return this.#compose(kind, key, this.#decrypt(checkRecord(kind, key, bytes)));
  }

  #compose(kind: RecordKind, key: string, json: string | Buffer): Buffer {
    if (!this.#ring) return composeRecord({ kind, key, isEncrypted: false }, json);
    const bytes = typeof json === 'string' ? Buffer.from(json) : json;
    return composeRecord({ kind, key, isEncrypted: true }, this.#ring.seal(bytes, 'journal'));
  }

  #decrypt({ content, isEncrypted }: RecordContent): Buffer {
    if (!isEncrypted) return content;
    if (!this.#ring) throw missingKey(keyIdOf(content));
    return this.#ring.open(content, 'journal');
  }
}
