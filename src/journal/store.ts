import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { decodeTime, monotonicFactory } from 'ulid';
import { seenKey } from '../callback/delivery-id.ts';
import { CommitQueue, type Urgency } from './commit-queue.ts';
import {
  bytesOf,
  entryCount,
  FORMAT_KEY,
  lastTransactionOf,
  PARTS,
  reasonOf,
  SEEN_PARTS,
  SET_UP_MARK,
} from './database.ts';
import { OpenFiles } from './folder/open-files.ts';
import {
  DamagedRecordError,
  decodeRecord,
  encodeRecord,
  type PendingDelivery,
  type Quarantined,
  type RecordKind,
} from './record.ts';
import { type Seen, SeenCallbacks } from './seen.ts';

/** A delivery to be journaled, and the key by which its callback is recognised when it comes again. */
export type Entry = { pending: PendingDelivery; seenKey: string };

/** A record with its key; keys sort by time of arrival. */
export type Keyed<T> = { key: string; record: T };

/** A record of another database, with its key there. It is taken over under the same key. */
export type FoundRecord = { key: string } & (
  | { kind: 'pending'; record: PendingDelivery }
  | { kind: 'quarantined'; record: Quarantined }
);

export type StoreOptions = {
  dir: string;
  /** Reads only; the database must exist. */
  readOnly?: boolean;
  /** How long equal callbacks must be recognised, in ms. */
  remember?: number;
  /** Called once, with the reason, when the open files are no longer the journal. */
  onReplaced?: (reason: string) => void;
};

/**
 * The journal's records in one LMDB database. Every write resolves once it is synced to the disk. There is one commit
 * at a time, and all waiting writes share the next one. Other processes may read and write at the same time.
 */
export class JournalStore {
  readonly files: OpenFiles;
  readonly #environment: RootDatabase;
  readonly #pending: Database<Buffer, string>;
  readonly #quarantine: Database<Buffer, string>;
  readonly #seen: SeenCallbacks;
  readonly #commits: CommitQueue;
  // Keys must be unique, not secret: nobody gains anything from guessing one.
  readonly #generateKey = monotonicFactory(Math.random);
  #lastKey = this.#generateKey();
  #closed = false;

  private constructor({ dir, readOnly = false, remember = 0, onReplaced = () => undefined }: StoreOptions) {
    // overlappingSync: with it a commit would resolve before the disk has it. noSubdir: without it a folder with a dot
    // in its name would be taken for a file.
    this.#environment = open({ path: dir, readOnly, overlappingSync: false, maxDbs: 8, noSubdir: false });
    const part = <V>(name: string, encoding: 'binary' | 'json') =>
      this.#environment.openDB<V, string>({ name, encoding });
    this.#pending = part(PARTS.pending, 'binary');
    this.#quarantine = part(PARTS.quarantine, 'binary');
    const generations = SEEN_PARTS.map((name) => part<Seen>(name, 'json'));
    this.#seen = new SeenCallbacks(generations, remember);
    this.#commits = new CommitQueue((writes) => this.#commit(writes));
    this.files = new OpenFiles(dir, onReplaced);
  }

  /** Opens the journal's database, and sets it up where there is none. */
  static async open(options: StoreOptions): Promise<JournalStore> {
    const store = new JournalStore(options);
    if (!options.readOnly) await store.#setUp(options.dir);
    return store;
  }

  /** Writes the mark last: a database without a mark holds no delivery, and a mark without a database means damage. */
  async #setUp(dir: string): Promise<void> {
    const mark = join(dir, SET_UP_MARK);
    if (existsSync(mark)) return;
    const meta = this.#environment.openDB<number, string>({ name: PARTS.meta, encoding: 'json' });
    await this.#write(() => meta.put(FORMAT_KEY, 1));
    writeFileSync(mark, 'set up\n', { flush: true });
  }

  /** Why a write failed. After that nothing is written any more (see CommitQueue), but everything can still be read. */
  get writeFailure(): string | undefined {
    return this.#commits.failure;
  }

  /** 0 once the store is closed: reading a closed database would end the process. */
  get pendingCount(): number {
    return this.#closed ? 0 : entryCount(this.#pending);
  }

  get quarantinedCount(): number {
    return this.#closed ? 0 : entryCount(this.#quarantine);
  }

  /** How many bytes the quarantine takes on the disk. */
  get quarantinedBytes(): number {
    return this.#closed ? 0 : bytesOf(this.#quarantine);
  }

  /** Milliseconds since the epoch; undefined when nothing is pending. */
  get oldestPendingAt(): number | undefined {
    const [oldest] = this.#closed ? [] : this.#pending.getKeys({ limit: 1 });
    return oldest === undefined ? undefined : decodeTime(oldest);
  }

  /**
   * Every pending delivery has this key or a higher one, and so has every delivery that this process journals later:
   * its keys only grow, even if the clock is set back.
   */
  get lowestKey(): string {
    const [oldest = this.#lastKey] = this.#closed ? [] : this.#pending.getKeys({ limit: 1 });
    return oldest < this.#lastKey ? oldest : this.#lastKey;
  }

  /** The number of the last commit, of any process; 0 once the store is closed. */
  get lastTransaction(): number {
    return this.#closed ? 0 : lastTransactionOf(this.#pending);
  }

  /**
   * What the journal knows of a callback's key, if it came within about an hour.
   *
   * @param near ms since the epoch, see `SeenCallbacks`
   */
  findSeen(seenKey: string, near?: number): Seen | undefined {
    return this.#seen.find(seenKey, near);
  }

  /** Resolves when all are on the disk, in one transaction. */
  append(entries: readonly Entry[]): Promise<void> {
    return this.appendTaken(() => entries);
  }

  /** As `append`, but `take` is called only when the commit begins. If `take` throws, nothing is written. */
  appendTaken(take: () => readonly Entry[]): Promise<void> {
    return this.#keep(() => {
      for (const { pending, seenKey } of take()) {
        void this.#putPending(pending);
        this.#markSeen(pending, seenKey);
      }
    });
  }

  /** Takes over records of another database, in one transaction. */
  restore(found: readonly FoundRecord[]): Promise<void> {
    return this.#keep(() => {
      for (const { key, kind, record } of found) {
        void this.#part(kind).put(key, encodeRecord(kind, key, record));
        if (kind === 'pending') this.#markSeen(record, seenKey(record.origin, record.delivery.deliveryId));
      }
    });
  }

  has(part: RecordKind, key: string): boolean {
    return this.#part(part).doesExist(key);
  }

  /** Removes pending deliveries that are in the quarantine too: old copies, taken over from before the move there. */
  dropMoved(): Promise<void> {
    return this.#keep(() => {
      for (const key of this.#quarantine.getKeys({}))
        if (this.#pending.doesExist(key)) void this.#pending.remove(key);
    });
  }

  /** The oldest pending deliveries, at most `limit`, leaving out keys in `skip`. */
  firstPending(limit: number, skip: ReadonlySet<string>): Keyed<Buffer>[] {
    const found: Keyed<Buffer>[] = [];
    for (const { key, value } of this.#pending.getRange({ limit: limit + skip.size })) {
      if (!skip.has(key) && found.length < limit) found.push({ key, record: Buffer.from(value) });
    }
    return found;
  }

  /** Works after the files were replaced too: the dispatcher still reads them, and must not start a delivery twice. */
  removePending(key: string): Promise<void> {
    return this.#write(() => this.#pending.remove(key), 'soon');
  }

  /** Moves a pending delivery to the quarantine, in one transaction. */
  quarantinePending(key: string, quarantined: Quarantined): Promise<void> {
    return this.#keep(() => {
      void this.#quarantine.put(key, encodeRecord('quarantined', key, quarantined));
      void this.#pending.remove(key);
    });
  }

  addQuarantined(quarantined: Quarantined): Promise<void> {
    const key = this.#nextKey();
    return this.#keep(() => this.#quarantine.put(key, encodeRecord('quarantined', key, quarantined)));
  }

  findQuarantined(key: string): Quarantined | undefined {
    const bytes = this.#quarantine.get(key);
    return bytes && decodeRecord<Quarantined>('quarantined', key, bytes);
  }

  /** Moves a quarantined record back to what is pending, in one transaction. */
  requeue(key: string, pending: PendingDelivery): Promise<void> {
    return this.#keep(() => {
      void this.#putPending(pending);
      void this.#quarantine.remove(key);
      const { deliveryId } = pending.delivery;
      if (this.findSeen(deliveryId) === undefined) this.#markSeen(pending, deliveryId);
    });
  }

  /** Removes quarantined records for good, in one transaction. */
  discardQuarantined(keys: readonly string[]): Promise<void> {
    return this.#keep(() => {
      for (const key of keys) void this.#quarantine.remove(key);
    });
  }

  /** A damaged record is undefined. */
  *listPending(limit: number): Generator<Keyed<PendingDelivery | undefined>> {
    for (const { key, value } of this.#pending.getRange({ limit }))
      yield { key, record: decodeIfWhole<PendingDelivery>('pending', key, value) };
  }

  /** A damaged record is undefined. */
  *listQuarantined(limit: number): Generator<Keyed<Quarantined | undefined>> {
    for (const { key, value } of this.#quarantine.getRange({ limit }))
      yield { key, record: decodeIfWhole<Quarantined>('quarantined', key, value) };
  }

  async close(): Promise<void> {
    await this.#commits.flush();
    this.#closed = true;
    await this.#environment.close();
  }

  /** @throws Error even after a successful write, if it went into files that the next process will not find */
  async #keep(write: () => unknown): Promise<void> {
    await this.#write(write);
    const replaced = this.files.look();
    if (replaced) throw new Error(replaced);
  }

  #write(write: () => unknown, urgency: Urgency = 'now'): Promise<void> {
    return this.#commits.add(write, urgency);
  }

  async #commit(writes: () => void): Promise<void> {
    try {
      // A batch makes one promise, instead of one per record.
      await this.#environment.batch(writes);
    } catch (error) {
      throw new Error(this.files.look() ?? (await reasonOf(error)));
    }
  }

  #part(kind: RecordKind): Database<Buffer, string> {
    return kind === 'pending' ? this.#pending : this.#quarantine;
  }

  #nextKey(): string {
    this.#lastKey = this.#generateKey();
    return this.#lastKey;
  }

  #putPending(pending: PendingDelivery): Promise<boolean> {
    const key = this.#nextKey();
    return this.#pending.put(key, encodeRecord('pending', key, pending));
  }

  #markSeen({ delivery, origin, bodyHash }: PendingDelivery, seenKey: string): void {
    const { deliveryId, receivedAt: at } = delivery;
    this.#seen.put(seenKey, { deliveryId, ...(origin !== undefined && { origin }), bodyHash, at });
  }
}

function decodeIfWhole<T>(kind: RecordKind, key: string, bytes: Buffer): T | undefined {
  try {
    return decodeRecord<T>(kind, key, bytes);
  } catch (error) {
    if (error instanceof DamagedRecordError) return undefined;
    throw error;
  }
}
