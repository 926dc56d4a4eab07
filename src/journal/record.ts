import xxhash from 'xxhash-wasm';
import type { Delivery, Pair } from '../../workflows/contract.ts';
import type { TraceParent } from '../telemetry/tracing.ts';

/** A delivery that is acknowledged and not yet in Temporal. */
export type PendingDelivery = {
  delivery: Delivery;
  pairs: Pair[];
  bodyHash: string;
  /** What its ids are made from; absent: an earlier version journaled it. */
  origin?: string;
  /** What the callback's trace goes on from; absent: nobody traced it. */
  trace?: TraceParent;
};

/** A callback that the schema refuses, though its Sign was right and its command ours: kept as it came. */
export type RawCallback = {
  receivedAt: number;
  /** Of the query only what says what the callback is: no Sign, no addresses. */
  query: Record<string, string>;
  /** Base64. */
  body: string;
};

/** What nobody could process, with the reason. */
export type Quarantined = { reason: string; quarantinedAt: number } & (
  | { kind: 'delivery'; pending: PendingDelivery }
  | { kind: 'raw'; raw: RawCallback }
);

/** A record that does not say what was written: the disk, or something that wrote over it, damaged it. */
export class DamagedRecordError extends Error {
  override name = 'DamagedRecordError';
}

const FORMAT_VERSION = 1;
const CHECKSUM_BYTES = 8;
const HEADER_BYTES = 1 + CHECKSUM_BYTES;

/** Against damage, not against forgery; a restart looks at every record, so it must be fast. */
const { h64, h64Raw } = await xxhash();

/** One byte of format version, eight of checksum over key and content, then JSON. */
export function encodeRecord(key: string, content: unknown): Buffer {
  const json = JSON.stringify(content);
  const record = Buffer.allocUnsafe(HEADER_BYTES + Buffer.byteLength(json));
  record.write(json, HEADER_BYTES);
  record[0] = FORMAT_VERSION;
  record.writeBigUInt64BE(checksum(key, record.subarray(HEADER_BYTES)), 1);
  return record;
}

/** @throws DamagedRecordError */
export function decodeRecord<T>(key: string, bytes: Uint8Array): T {
  checkRecord(key, bytes);
  return JSON.parse(Buffer.from(bytes.subarray(HEADER_BYTES)).toString('utf8')) as T;
}

/** @throws DamagedRecordError */
export function checkRecord(key: string, bytes: Uint8Array): void {
  const record = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes);
  if (record[0] !== FORMAT_VERSION || record.length < HEADER_BYTES)
    throw new DamagedRecordError(`unknown format of record ${key}`);
  if (record.readBigUInt64BE(1) !== checksum(key, record.subarray(HEADER_BYTES)))
    throw new DamagedRecordError(`checksum of record ${key}`);
}

/** The key is part of it: a whole record in the wrong place is damage too. */
function checksum(key: string, json: Uint8Array): bigint {
  return h64Raw(json, h64(key));
}
