import xxhash from 'xxhash-wasm';
import type { Delivery, Pair, RelayedCallback } from '../../workflows/contract.ts';
import type { TraceParent } from '../telemetry/tracing.ts';

/** A delivery that is acknowledged and not yet in Temporal. */
export type PendingDelivery = {
  delivery: Delivery;
  pairs: Pair[];
  bodyHash: string;
  /** What the delivery id is made from, see `DeliveryKey`; absent: an earlier version journaled it. */
  origin?: string;
  /** What the endpoint gets; absent: it is not relayed. */
  callback?: RelayedCallback;
  /** False: it is relayed, and no other side effect happens. */
  isProcessed?: boolean;
  /** Where the callback's trace continues; absent: it was not traced. */
  trace?: TraceParent;
};

/** A callback that the schema refused although its Sign was right and its command is ours. It is kept as it came. */
export type RawCallback = {
  receivedAt: number;
  /** Only the parameters that say what the callback is. Sign and addresses are left out. */
  query: Record<string, string>;
  /** Base64. */
  body: string;
};

/** What nobody could process, with the reason. */
export type Quarantined = { reason: string; quarantinedAt: number } & (
  | { kind: 'delivery'; pending: PendingDelivery }
  | { kind: 'raw'; raw: RawCallback }
  /** The bytes of a damaged entry, in base64. */
  | { kind: 'damaged'; entry: string }
);

/** The part of the journal that a record belongs to. */
export type RecordKind = 'pending' | 'quarantined';

/** What a record holds: JSON, or JSON that a key of `PAYLOAD_KEYS` encrypted (see `RecordCodec`). */
export type RecordContent = { content: Buffer; isEncrypted: boolean };

/** An undamaged record. `bytes`: how long all of it is. */
export type WholeRecord = RecordContent & { kind: RecordKind; key: string; bytes: number };

/** A record is not what was written: the disk damaged it, or something wrote over it. */
export class DamagedRecordError extends Error {
  override name = 'DamagedRecordError';
}

/**
 * A record of format 2 holds its own key, so that it can be found without the database's tree (see scan.ts):
 * marker, checksum of all that follows, kind, length of the key, length of the content, that length inverted,
 * key, content. The kind says whether the content is encrypted; nothing else of a record is, so that damage is found without
 * a key.
 *
 * JSON in UTF-8 never holds the marker. An encrypted content can hold any bytes, but nobody can choose them, and the scan
 * looks into a record only if that record is damaged. There, bytes pass for a record with a probability of 2^-160 per
 * place: marker, inverted length and checksum must all fit.
 */
export const MARKER = Buffer.from([2, 0xff, 0x55, 0x46, 0x52, 0x4a, 0xfe, 0xff]);
const MARKER_NUMBER = MARKER.readBigUInt64BE();
const CHECKSUM_AT = 8;
const KIND_AT = 16;
const KEY_LENGTH_AT = 17;
const LENGTH_AT = 18;
const INVERTED_AT = 22;
/** How long all of this is, in bytes. The key follows. */
export const RECORD_HEADER = 26;

/**
 * What the byte of the kind means. A version that knows no encryption knows only the first two. It takes the others for
 * damaged records and says so.
 */
const KINDS: readonly Pick<WholeRecord, 'kind' | 'isEncrypted'>[] = [
  { kind: 'pending', isEncrypted: false },
  { kind: 'quarantined', isEncrypted: false },
  { kind: 'pending', isEncrypted: true },
  { kind: 'quarantined', isEncrypted: true },
];

/** A record of format 1: the format's number, a checksum of key and content, content in JSON. */
const FORMAT_1 = 1;
const FORMAT_1_HEADER = 9;

/** The checksum protects from damage, not from forgery. It must be fast, because a restart checks every record. */
const { h64, h64Raw } = await xxhash();

/** Puts a record together. @param content JSON, or what encrypts it */
export function composeRecord(
  { kind, key, isEncrypted }: Pick<WholeRecord, 'kind' | 'key' | 'isEncrypted'>,
  content: string | Buffer,
): Buffer {
  const keyLength = Buffer.byteLength(key);
  const length = Buffer.byteLength(content);
  const record = Buffer.allocUnsafe(RECORD_HEADER + keyLength + length);
  MARKER.copy(record);
  record[KIND_AT] = KINDS.findIndex((known) => known.kind === kind && known.isEncrypted === isEncrypted);
  record[KEY_LENGTH_AT] = keyLength;
  record.writeUInt32BE(length, LENGTH_AT);
  record.writeUInt32BE(~length >>> 0, INVERTED_AT);
  record.write(key, RECORD_HEADER);
  if (typeof content === 'string') record.write(content, RECORD_HEADER + keyLength);
  else content.copy(record, RECORD_HEADER + keyLength);
  record.writeBigUInt64BE(h64Raw(record.subarray(KIND_AT)), CHECKSUM_AT);
  return record;
}

/**
 * Needs no key: the checksum is of what is on the disk.
 *
 * @throws DamagedRecordError also for an undamaged record that belongs to another key or kind
 */
export function checkRecord(kind: RecordKind, key: string, bytes: Uint8Array): RecordContent {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isFormat1(record)) return { content: checkFormat1(key, record), isEncrypted: false };
  const read = readRecord(record);
  if (read?.bytes !== record.length || read.kind !== kind || read.key !== key)
    throw new DamagedRecordError(`damaged record ${key}`);
  return read;
}

export function isFormat1(record: Uint8Array): boolean {
  return record[0] === FORMAT_1;
}

function checkFormat1(key: string, record: Buffer): Buffer {
  const content = record.subarray(FORMAT_1_HEADER);
  if (record.length < FORMAT_1_HEADER || record.readBigUInt64BE(1) !== h64Raw(content, h64(key)))
    throw new DamagedRecordError(`damaged record ${key}`);
  return content;
}

/** How many bytes the record that begins here takes; undefined when no record begins here. */
export function recordLength(bytes: Buffer): number | undefined {
  if (bytes.length < RECORD_HEADER || bytes.readBigUInt64BE() !== MARKER_NUMBER) return undefined;
  const length = bytes.readUInt32BE(LENGTH_AT);
  if (~length >>> 0 !== bytes.readUInt32BE(INVERTED_AT)) return undefined;
  return RECORD_HEADER + (bytes[KEY_LENGTH_AT] ?? 0) + length;
}

/** The key that a damaged record of format 2 holds. The key may be damaged too. */
export function ownKey(bytes: Uint8Array): string {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return record.toString('utf8', RECORD_HEADER, RECORD_HEADER + (record[KEY_LENGTH_AT] ?? 0));
}

/** The record that begins here; undefined when it is damaged or cut short. */
export function readRecord(bytes: Buffer): WholeRecord | undefined {
  const length = recordLength(bytes);
  if (length === undefined || length > bytes.length) return undefined;
  if (bytes.readBigUInt64BE(CHECKSUM_AT) !== h64Raw(bytes.subarray(KIND_AT, length))) return undefined;
  const known = KINDS[bytes[KIND_AT] ?? KINDS.length];
  if (!known) return undefined;
  const contentAt = RECORD_HEADER + (bytes[KEY_LENGTH_AT] ?? 0);
  const key = bytes.toString('utf8', RECORD_HEADER, contentAt);
  return { ...known, key, content: bytes.subarray(contentAt, length), bytes: length };
}
