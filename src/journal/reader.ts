import type { Database, RootDatabase } from 'lmdb';
import { decodeTime } from 'ulid';
import { DecryptionError } from '../encryption/key-ring.ts';
import type { PayloadKey } from '../encryption/payload-keys.ts';
import {
  AWAITING_KEY_PART,
  bytesOf,
  entryCount,
  hasPart,
  lastTransactionOf,
  openEnvironment,
  PARTS,
} from './database.ts';
import { RecordCodec } from './encryption/record-codec.ts';
import { DamagedRecordError, type PendingDelivery, type Quarantined, type RecordKind } from './record.ts';

/** A record with its key; keys sort by time of arrival. */
export type Keyed<T> = { key: string; record: T };

/** Without `record`, `missingKey` says why it can't be decrypted. Without that too, it is damaged. */
export type Listed<T> = { key: string; record: T | undefined; missingKey?: string };

export type ReaderOptions = {
  dir: string;
  /** Reads only; the database must exist. */
  readOnly?: boolean;
  /** The first one encrypts what is written, all decrypt. None: nothing is encrypted. */
  payloadKeys?: readonly PayloadKey[] | undefined;
};

type Records = Database<Buffer, string>;

/** What can be read of the journal's records. Other processes may read and write at the same time. */
export abstract class JournalReader {
  protected readonly codec: RecordCodec;
  protected readonly environment: RootDatabase;
  protected readonly pending: Records;
  /** See `AwaitingKey`. Absent in a database of an earlier version that is only read. */
  protected readonly awaiting: Records | undefined;
  protected readonly quarantine: Records;
  /** Reading a closed database would end the process. */
  protected isClosed = false;

  protected constructor({ dir, readOnly = false, payloadKeys }: ReaderOptions) {
    this.codec = new RecordCodec(payloadKeys);
    this.environment = openEnvironment(dir, { readOnly });
    const records = (name: string): Records => this.environment.openDB({ name, encoding: 'binary' });
    this.pending = records(PARTS.pending);
    this.quarantine = records(PARTS.quarantine);
    const isThere = !readOnly || hasPart(this.environment, AWAITING_KEY_PART);
    this.awaiting = isThere ? records(AWAITING_KEY_PART) : undefined;
  }

  /** With those that wait for their key. 0 once the store is closed: reading a closed database would end the process. */
  get pendingCount(): number {
    return this.isClosed ? 0 : entryCount(this.pending) + this.awaitingKeyCount;
  }

  /** How many of the pending deliveries wait for their key. */
  get awaitingKeyCount(): number {
    return this.isClosed || !this.awaiting ? 0 : entryCount(this.awaiting);
  }

  get quarantinedCount(): number {
    return this.isClosed ? 0 : entryCount(this.quarantine);
  }

  /** How many bytes the quarantine takes on the disk. */
  get quarantinedBytes(): number {
    return this.isClosed ? 0 : bytesOf(this.quarantine);
  }

  /** Milliseconds since the epoch; undefined when nothing is pending. */
  get oldestPendingAt(): number | undefined {
    const [oldest] = this.firstKeys;
    return oldest === undefined ? undefined : decodeTime(oldest);
  }

  /** The first key of each part with pending deliveries, the lower one first. */
  protected get firstKeys(): string[] {
    if (this.isClosed) return [];
    return [this.pending, this.awaiting].flatMap((part) => [...(part?.getKeys({ limit: 1 }) ?? [])]).sort();
  }

  /** The number of the last commit, of any process; 0 once the store is closed. */
  get lastTransaction(): number {
    return this.isClosed ? 0 : lastTransactionOf(this.pending);
  }

  has(part: RecordKind, key: string): boolean {
    return this.part(part).doesExist(key);
  }

  /** The oldest pending deliveries, at most `limit`, leaving out keys in `skip`. */
  firstPending(limit: number, skip: ReadonlySet<string>): Keyed<Buffer>[] {
    const found: Keyed<Buffer>[] = [];
    for (const { key, value } of this.pending.getRange({ limit: limit + skip.size })) {
      if (!skip.has(key) && found.length < limit) found.push({ key, record: Buffer.from(value) });
    }
    return found;
  }

  /** @throws DamagedRecordError and DecryptionError as `RecordCodec` */
  decodePending({ key, record }: Keyed<Buffer>): PendingDelivery {
    return this.codec.decode('pending', key, record);
  }

  /** @throws DamagedRecordError and DecryptionError as `RecordCodec` */
  findQuarantined(key: string): Quarantined | undefined {
    const bytes = this.quarantine.get(key);
    return bytes && this.codec.decode<Quarantined>('quarantined', key, bytes);
  }

  /** Those that wait for their key come first: most of them are the oldest. */
  *listPending(limit: number): Generator<Listed<PendingDelivery>> {
    let left = limit;
    for (const part of [this.awaiting, this.pending]) {
      for (const { key, value } of part?.getRange({ limit }) ?? []) {
        if (left === 0) return;
        left -= 1;
        yield this.#list('pending', key, value);
      }
    }
  }

  *listQuarantined(limit: number): Generator<Listed<Quarantined>> {
    for (const { key, value } of this.quarantine.getRange({ limit }))
      yield this.#list('quarantined', key, value);
  }

  #list<T>(kind: RecordKind, key: string, value: Buffer): Listed<T> {
    return { key, ...readIfPossible(() => this.codec.decode<T>(kind, key, value)) };
  }

  protected part(kind: RecordKind): Records {
    return kind === 'pending' ? this.pending : this.quarantine;
  }
}

/** Damage and a missing key are results here. */
export function readIfPossible<T>(read: () => T): Omit<Listed<T>, 'key'> {
  try {
    return { record: read() };
  } catch (error) {
    if (error instanceof DamagedRecordError) return { record: undefined };
    if (error instanceof DecryptionError) return { record: undefined, missingKey: error.message };
    throw error;
  }
}
