import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { decodeTime, monotonicFactory } from 'ulid';
import type { KnownKey } from '../callback/delivery-id.ts';
import {
  DamagedRecordError,
  decodeRecord,
  encodeRecord,
  type PendingDelivery,
  type Quarantined,
} from './record.ts';

/** What a journal remembers of a callback, to recognise it when it comes again. */
export type Seen = KnownKey & { deliveryId: string; at: number };

/** A delivery to be journaled, with what recognises it when it comes again. */
export type Entry = { pending: PendingDelivery; seenKey: string };

/** A record with its key; keys sort by time of arrival. */
export type Keyed<T> = { key: string; record: T };

/** How a journal's parts are named within its database. */
export const PARTS = { pending: 'pending', quarantine: 'quarantine', meta: 'meta' } as const;
export const SEEN_PARTS = ['seen-0', 'seen-1'] as const;

/** The file beside the database that says that it was set up. */
export const SET_UP_MARK = 'set-up';

/** What shows that a database was set up, even when nothing is in it. */
export const FORMAT_KEY = 'format';

/** How long a callback's RequestId is recognised at least, in ms; then Temporal alone knows it. */
const REMEMBER_MS = 3_600_000;

export type StoreOptions = {
  dir: string;
  /** Reads only; the database must exist. */
  readOnly?: boolean;
  /** How long equal callbacks must be recognised, in ms. */
  remember?: number;
};

/**
 * The journal's records in one LMDB database. Every write resolves once it is synced to the disk; writes that
 * wait at the same moment share one commit. Other processes may read and write beside this one.
 */
export class JournalStore {
  readonly #environment: RootDatabase;
  readonly #pending: Database<Buffer, string>;
  readonly #quarantine: Database<Buffer, string>;
  readonly #seen: readonly Database<Seen, string>[];
  readonly #generation: number;
  // Unique is enough: nobody gains anything from guessing a key.
  readonly #nextKey = monotonicFactory(Math.random);
  #currentGeneration = -1;
  #closed = false;
  #writeFailure: string | undefined;

  private constructor({ dir, readOnly = false, remember = 0 }: StoreOptions) {
    this.#generation = Math.max(remember, REMEMBER_MS);
    // Without overlapping sync a commit is over when the disk has it, and not before. A folder with a dot in its
    // name would be taken for a file.
    this.#environment = open({ path: dir, readOnly, overlappingSync: false, maxDbs: 8, noSubdir: false });
    const part = <V>(name: string, encoding: 'binary' | 'json') =>
      this.#environment.openDB<V, string>({ name, encoding });
    this.#pending = part(PARTS.pending, 'binary');
    this.#quarantine = part(PARTS.quarantine, 'binary');
    this.#seen = SEEN_PARTS.map((name) => part<Seen>(name, 'json'));
  }

  /** Opens the journal's database, and sets it up where there is none. */
  static async open(options: StoreOptions): Promise<JournalStore> {
    const store = new JournalStore(options);
    if (!options.readOnly) await store.#setUp(options.dir);
    return store;
  }

  /** The mark comes last: a database without it was never written to, one that lacks its data is damaged. */
  async #setUp(dir: string): Promise<void> {
    const mark = join(dir, SET_UP_MARK);
    if (existsSync(mark)) return;
    const meta = this.#environment.openDB<number, string>({ name: PARTS.meta, encoding: 'json' });
    await this.#write(() => [meta.put(FORMAT_KEY, 1)]);
    writeFileSync(mark, 'set up\n', { flush: true });
  }

  /**
   * Why a write failed. After that nothing is written any more: lmdb-js 3.5.6 corrupts its heap at the second
   * commit that the disk refuses, which ends the process. What is there can still be read.
   */
  get writeFailure(): string | undefined {
    return this.#writeFailure;
  }

  /** 0 once the store is closed: reading a closed database would end the process. */
  get pendingCount(): number {
    return this.#closed ? 0 : entryCount(this.#pending);
  }

  get quarantinedCount(): number {
    return this.#closed ? 0 : entryCount(this.#quarantine);
  }

  /** What the quarantine takes on the disk. */
  get quarantinedBytes(): number {
    return this.#closed ? 0 : bytesOf(this.#quarantine);
  }

  /** Milliseconds since the epoch; undefined when nothing is pending. */
  get oldestPendingAt(): number | undefined {
    const [oldest] = this.#closed ? [] : this.#pending.getKeys({ limit: 1 });
    return oldest === undefined ? undefined : decodeTime(oldest);
  }

  /**
   * What the journal knows of a callback's key, if it came within about an hour. What can't be read is not known:
   * Temporal may still know it, and a refusal would be a loss.
   *
   * @param near ms since the epoch: of two, the one nearer to it. A clock that was set back leaves later ones behind.
   */
  findSeen(seenKey: string, near: number = Number.MAX_SAFE_INTEGER): Seen | undefined {
    try {
      const [one, other] = this.#seen.map((generation) => generation.get(seenKey));
      if (one && other) return Math.abs(near - one.at) < Math.abs(near - other.at) ? one : other;
      return one ?? other;
    } catch {
      return undefined;
    }
  }

  /** Resolves when all are on the disk, in one transaction. */
  async append(entries: readonly Entry[]): Promise<void> {
    await this.#write(() => [
      // A batch has one promise, and not one a record.
      this.#environment.batch(() => {
        for (const { pending, seenKey } of entries) {
          const { deliveryId, receivedAt } = pending.delivery;
          const { origin, bodyHash } = pending;
          const seen: Seen = { deliveryId, origin, bodyHash, at: receivedAt };
          void this.#putPending(pending);
          void this.#seenAt(receivedAt).put(seenKey, seen);
        }
      }),
    ]);
  }

  /** The oldest pending deliveries, at most `limit`, leaving out keys in `skip`. */
  firstPending(limit: number, skip: ReadonlySet<string>): Keyed<Buffer>[] {
    const found: Keyed<Buffer>[] = [];
    for (const { key, value } of this.#pending.getRange({ limit: limit + skip.size })) {
      if (!skip.has(key) && found.length < limit) found.push({ key, record: Buffer.from(value) });
    }
    return found;
  }

  async removePending(key: string): Promise<void> {
    await this.#write(() => [this.#pending.remove(key)]);
  }

  /** Moves a pending delivery to the quarantine, in one transaction. */
  async quarantinePending(key: string, quarantined: Quarantined): Promise<void> {
    await this.#write(() => [
      this.#quarantine.put(key, encodeRecord(key, quarantined)),
      this.#pending.remove(key),
    ]);
  }

  async addQuarantined(quarantined: Quarantined): Promise<void> {
    const key = this.#nextKey();
    await this.#write(() => [this.#quarantine.put(key, encodeRecord(key, quarantined))]);
  }

  findQuarantined(key: string): Quarantined | undefined {
    const bytes = this.#quarantine.get(key);
    return bytes && decodeRecord<Quarantined>(key, bytes);
  }

  /** Moves a quarantined record back to what is pending, in one transaction. */
  async requeue(key: string, pending: PendingDelivery): Promise<void> {
    const { origin, bodyHash, delivery } = pending;
    const { deliveryId, receivedAt: at } = delivery;
    const isTaken = this.findSeen(deliveryId) !== undefined;
    await this.#write(() => [
      this.#putPending(pending),
      this.#quarantine.remove(key),
      ...(isTaken ? [] : [this.#seenAt(at).put(deliveryId, { deliveryId, origin, bodyHash, at })]),
    ]);
  }

  /** A damaged record is undefined. */
  *listPending(limit: number): Generator<Keyed<PendingDelivery | undefined>> {
    for (const { key, value } of this.#pending.getRange({ limit })) {
      yield { key, record: decodeIfWhole<PendingDelivery>(key, value) };
    }
  }

  /** A damaged record is undefined. */
  *listQuarantined(limit: number): Generator<Keyed<Quarantined | undefined>> {
    for (const { key, value } of this.#quarantine.getRange({ limit })) {
      yield { key, record: decodeIfWhole<Quarantined>(key, value) };
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#environment.close();
  }

  /** Waits for all, so that none is left to reject unseen. */
  async #write(writes: () => Promise<boolean>[]): Promise<void> {
    if (this.#writeFailure) throw new Error(this.#writeFailure);
    for (const result of await Promise.allSettled(writes())) {
      if (result.status === 'fulfilled') continue;
      this.#writeFailure = await reasonOf(result.reason);
      throw new Error(this.#writeFailure);
    }
  }

  #putPending(pending: PendingDelivery): Promise<boolean> {
    const key = this.#nextKey();
    return this.#pending.put(key, encodeRecord(key, pending));
  }

  /**
   * Two generations take turns: when one is full of an hour, the other is emptied at once and written to next,
   * so that forgetting costs nothing a callback.
   */
  #seenAt(now: number): Database<Seen, string> {
    const generation = Math.floor(now / this.#generation);
    const database = this.#seen[generation % 2] as Database<Seen, string>;
    if (generation > this.#currentGeneration) {
      // At start the current generation may hold what an earlier process saw.
      if (this.#currentGeneration >= 0) database.clearAsync().catch(ignoreCommitError);
      this.#currentGeneration = generation;
    }
    return database;
  }
}

function decodeIfWhole<T>(key: string, bytes: Buffer): T | undefined {
  try {
    return decodeRecord<T>(key, bytes);
  } catch (error) {
    if (error instanceof DamagedRecordError) return undefined;
    throw error;
  }
}

export function entryCount(database: Database<unknown, string>): number {
  return (database.getStats() as { entryCount: number }).entryCount;
}

/** LMDB counts pages, so that none has to be read for it. */
function bytesOf(database: Database<unknown, string>): number {
  const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = database.getStats() as {
    [name in 'pageSize' | 'treeBranchPageCount' | 'treeLeafPageCount' | 'overflowPages']: number;
  };
  return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
}

/** lmdb-js hides the reason for a failed commit in a second promise, which would end the process if left alone. */
export async function reasonOf(error: unknown): Promise<string> {
  try {
    await (error as { commitError?: Promise<unknown> }).commitError;
    throw error;
  } catch (reason) {
    return reason instanceof Error ? reason.message.replace(/:.*/s, '') : String(reason);
  }
}

function ignoreCommitError(error: unknown): void {
  (error as { commitError?: Promise<unknown> }).commitError?.catch(() => undefined);
}
