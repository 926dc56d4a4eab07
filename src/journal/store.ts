import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monotonicFactory } from 'ulid';
import { seenKey } from '../callback/delivery-id.ts';
import { CommitQueue, type Urgency } from './commit-queue.ts';
import { FORMAT_KEY, openMeta, putFormat, reasonOf, SEEN_PARTS, SET_UP_MARK } from './database.ts';
import { AwaitingKey } from './encryption/awaiting-key.ts';
import { OpenFiles } from './folder/open-files.ts';
import { JournalReader, type ReaderOptions, readIfPossible } from './reader.ts';
import { composeRecord, type PendingDelivery, type Quarantined, type WholeRecord } from './record.ts';
import { type Seen, SeenCallbacks } from './seen.ts';

export type { Keyed, Listed } from './reader.ts';

/** A delivery to be journaled, and the key by which its callback is recognised when it comes again. */
export type Entry = { pending: PendingDelivery; seenKey: string };

/** A record of another database, with its key there. It is taken over under the same key. */
export type FoundRecord = Omit<WholeRecord, 'bytes'>;

export type StoreOptions = ReaderOptions & {
  /** How long equal callbacks must be recognised, in ms. */
  remember?: number;
  /** Called once, with the reason, when the open files are no longer the journal. */
  onReplaced?: (reason: string) => void;
};

/**
 * The journal's records in one LMDB database. Every write resolves once it is synced to the disk. There is one commit
 * at a time, and all waiting writes share the next one. Other processes may read and write at the same time.
 */
export class JournalStore extends JournalReader {
  readonly files: OpenFiles;
  readonly awaitingKey: AwaitingKey;
  readonly #seen: SeenCallbacks;
  readonly #commits: CommitQueue;
  // Keys must be unique, not secret: nobody gains anything from guessing one.
  readonly #generateKey = monotonicFactory(Math.random);
  #lastKey = this.#generateKey();

  private constructor(options: StoreOptions) {
    super(options);
    const { dir, remember = 0, onReplaced = () => undefined } = options;
    const generations = SEEN_PARTS.map((name) =>
      this.environment.openDB<Seen, string>({ name, encoding: 'json' }),
    );
    this.#seen = new SeenCallbacks(generations, remember);
    this.#commits = new CommitQueue((writes) => this.#commit(writes));
    const { pending, awaiting, codec } = this;
    const meta = openMeta(this.environment);
    const write = (writes: () => void) => this.#keep(writes);
    this.awaitingKey = new AwaitingKey({ pending, awaiting, meta, codec, write });
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
    const meta = openMeta(this.environment);
    // A journal that was set aside has a format and no mark.
    if (meta.get(FORMAT_KEY) === undefined) await this.#write(() => putFormat(meta, this.codec.keyId));
    writeFileSync(mark, 'set up\n', { flush: true });
  }

  /** Why a write failed. After that nothing is written any more (see CommitQueue), but everything can still be read. */
  get writeFailure(): string | undefined {
    return this.#commits.failure;
  }

  /**
   * Every pending delivery has this key or a higher one, and so has every delivery that this process journals later:
   * its keys only grow, even if the clock is set back.
   */
  get lowestKey(): string {
    const [oldest = this.#lastKey] = this.firstKeys;
    return oldest < this.#lastKey ? oldest : this.#lastKey;
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

  /**
   * Takes over records of another database, in one transaction. One whose key is missing stays as it is. Its callback
   * is then forgotten, because nothing can be read of it.
   */
  restore(found: readonly FoundRecord[]): Promise<void> {
    return this.#keep(() => {
      for (const record of found) {
        const { key, kind } = record;
        const read = readIfPossible(() => this.codec.read<PendingDelivery | Quarantined>(record)).record;
        const bytes = read ? this.codec.encode(kind, key, read) : composeRecord(record, record.content);
        void this.part(kind).put(key, bytes);
        if (read && 'delivery' in read) this.#markSeen(read, seenKey(read.origin, read.delivery.deliveryId));
      }
    });
  }

  /** Removes pending deliveries that are in the quarantine too: old copies, taken over from before the move there. */
  dropMoved(): Promise<void> {
    return this.#keep(() => {
      for (const key of this.quarantine.getKeys({}))
        if (this.pending.doesExist(key)) void this.pending.remove(key);
    });
  }

  /** Works after the files were replaced too: the dispatcher still reads them, and must not start a delivery twice. */
  removePending(key: string): Promise<void> {
    return this.#write(() => this.pending.remove(key), 'soon');
  }

  /** Moves a pending delivery to the quarantine, in one transaction. */
  quarantinePending(key: string, quarantined: Quarantined): Promise<void> {
    return this.#keep(() => {
      void this.quarantine.put(key, this.codec.encode('quarantined', key, quarantined));
      void this.pending.remove(key);
    });
  }

  addQuarantined(quarantined: Quarantined): Promise<void> {
    const key = this.#nextKey();
    return this.#keep(() => this.quarantine.put(key, this.codec.encode('quarantined', key, quarantined)));
  }

  /** Moves a quarantined record back to what is pending, in one transaction. */
  requeue(key: string, pending: PendingDelivery): Promise<void> {
    return this.#keep(() => {
      void this.#putPending(pending);
      void this.quarantine.remove(key);
      const { deliveryId } = pending.delivery;
      if (this.findSeen(deliveryId) === undefined) this.#markSeen(pending, deliveryId);
    });
  }

  /** Removes quarantined records for good, in one transaction. */
  discardQuarantined(keys: readonly string[]): Promise<void> {
    return this.#keep(() => {
      for (const key of keys) void this.quarantine.remove(key);
    });
  }

  async close(): Promise<void> {
    this.awaitingKey.stop();
    await this.#commits.flush();
    this.isClosed = true;
    await this.environment.close();
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
      await this.environment.batch(writes);
    } catch (error) {
      throw new Error(this.files.look() ?? (await reasonOf(error)));
    }
  }

  #nextKey(): string {
    this.#lastKey = this.#generateKey();
    return this.#lastKey;
  }

  #putPending(pending: PendingDelivery): Promise<boolean> {
    const key = this.#nextKey();
    return this.pending.put(key, this.codec.encode('pending', key, pending));
  }

  #markSeen({ delivery, origin, bodyHash }: PendingDelivery, seenKey: string): void {
    const { deliveryId, receivedAt: at } = delivery;
    this.#seen.put(seenKey, { deliveryId, ...(origin !== undefined && { origin }), bodyHash, at });
  }
}
