import type { PayloadKey } from '../encryption/payload-keys.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JournalMetrics } from '../telemetry/metrics.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import { handleCommitFailures } from './commit-failures.ts';
import { AWAIT_KEY } from './encryption/awaiting-key.ts';
import { encryptJournal } from './encryption/encrypt-journal.ts';
import { CountsFile } from './folder/counts.ts';
import { DiskSpace } from './folder/disk-space.ts';
import { lockJournal } from './folder/lock.ts';
import { GroupCommit } from './group-commit.ts';
import type { PendingDelivery, Quarantined } from './record.ts';
import { recoverJournal } from './recovery/recover.ts';
import type { Salvaged } from './recovery/take-over.ts';
import { type Entry, JournalStore } from './store.ts';

/**
 * A commit that takes longer than this counts as failed, in ms. Tencent Chat waits for 2 s, so there is still time to
 * start the workflow before the answer.
 */
const MAX_COMMIT_MS = 1_000;

/** How long the journal is not tried after a slow commit, in ms: meanwhile workflows are started before the answer. */
const REST_MS = 1_000;

/** How long one count of the pending deliveries is used, in ms. */
const COUNT_FRESH_MS = 50;

/** Limits of the quarantine, so that a sender whose callbacks are all wrong can't fill the disk. */
const MAX_QUARANTINED = 10_000;
const MAX_QUARANTINED_BYTES = 64 * 1024 * 1024;

export type JournalOptions = {
  dir: string;
  maxPending: number;
  /** How long equal callbacks must be recognised, in ms. */
  remember: number;
  /** Of `PAYLOAD_KEYS`: the first one encrypts, all decrypt. */
  payloadKeys?: readonly PayloadKey[] | undefined;
  metrics: JournalMetrics;
  logger: Logger;
  /** Ends a check or recovery in `open` early. The next process begins it again. */
  signal?: AbortSignal;
};

/** The journal can't take a delivery now; the message says why. */
export class JournalUnavailableError extends Error {
  override name = 'JournalUnavailableError';
}

/** The durable store of deliveries acknowledged and not yet in Temporal, of one receiver. */
export class Journal {
  readonly store: JournalStore;
  /** What was taken over from a journal that was found damaged at start. */
  readonly salvaged: Salvaged | undefined;
  readonly #options: JournalOptions;
  readonly #summed: SummedLog;
  readonly disk: DiskSpace;
  readonly #unlock: () => void;
  readonly #commits: GroupCommit<Entry>;
  readonly #countFile: CountsFile;
  #restUntil = 0;
  #counted = 0;
  #countedAt = Number.NEGATIVE_INFINITY;

  private constructor(
    store: JournalStore,
    options: JournalOptions,
    parts: { disk: DiskSpace; unlock: () => void; salvaged: Salvaged | undefined },
  ) {
    this.store = store;
    this.salvaged = parts.salvaged;
    this.#options = options;
    this.#summed = new SummedLog(options.logger);
    this.disk = parts.disk;
    this.#unlock = parts.unlock;
    this.#commits = new GroupCommit({
      commit: (take) => this.#commit(take),
      limit: MAX_COMMIT_MS,
      overdue: () => {
        this.#rest();
        return new JournalUnavailableError(`a commit took over ${MAX_COMMIT_MS} ms`);
      },
    });
    this.#countFile = new CountsFile(options.dir, store);
  }

  /**
   * Takes the journal in `dir` for this process. A damaged one is set aside, and what can be read of it is
   * taken over.
   *
   * @param releaseLock what {@link lockJournal} returned, for a caller that holds the lock already
   * @throws JournalLockedError when another process has it
   */
  static async open(options: JournalOptions, releaseLock = lockJournal(options.dir)): Promise<Journal> {
    const { dir, remember, payloadKeys = [], logger, metrics, signal } = options;
    const stopHandling = handleCommitFailures(logger);
    const unlock = () => {
      stopHandling();
      releaseLock();
    };
    try {
      const salvaged = await recoverJournal({ dir, remember, payloadKeys, logger, signal });
      if (salvaged) metrics.damaged.inc(salvaged.lost ?? 1);
      await encryptJournal({ dir, payloadKeys, logger, signal });
      const onReplaced = (reason: string) =>
        logger.error({ reason }, 'the journal takes no callbacks any more');
      const store = await JournalStore.open({ dir, remember, payloadKeys, onReplaced });
      const journal = new Journal(store, options, { disk: new DiskSpace(dir), unlock, salvaged });
      void journal.#returnReadable();
      return journal;
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Deliveries wait for a key, and an earlier process may have lacked one that is there now. */
  async #returnReadable(): Promise<void> {
    const { store } = this;
    const { logger } = this.#options;
    try {
      await store.awaitingKey.returnReadable();
      const { awaitingKeyCount: waiting } = store;
      if (waiting > 0) logger.error({ waiting, reasons: store.awaitingKey.reasons }, AWAIT_KEY);
    } catch (error) {
      logger.error({ reason: String(error) }, 'deliveries that wait for a key could not be looked at');
    }
  }

  /** Why nothing can be journaled right now, as far as this is known without a look at the disk. */
  get #knownUnavailable(): string | undefined {
    const { writeFailure, files } = this.store;
    if (files.knownReplaced) return askForRestart(files.knownReplaced);
    if (writeFailure) return `a write failed (${writeFailure}): fix its cause, then restart the receiver`;
    return performance.now() < this.#restUntil ? 'a commit was slow just now' : undefined;
  }

  /** Why nothing can be journaled right now; undefined: it can. */
  get unavailable(): string | undefined {
    const { replaced } = this.store.files;
    if (replaced) return askForRestart(replaced);
    const known = this.#knownUnavailable;
    if (known) return known;
    if (this.disk.isLow) return 'the disk is almost full';
    if (this.#pendingCount >= this.#options.maxPending) return 'JOURNAL_MAX_PENDING is reached';
    return undefined;
  }

  /** At most COUNT_FRESH_MS old, because counting takes longer than an append. */
  get #pendingCount(): number {
    const now = performance.now();
    if (now - this.#countedAt > COUNT_FRESH_MS) {
      this.#counted = this.store.pendingCount;
      this.#countedAt = now;
    }
    return this.#counted;
  }

  /**
   * Resolves when the delivery is on the disk.
   *
   * @param seenKey the key by which the callback is recognised when it comes again
   * @throws JournalUnavailableError; if the disk was only slow, the delivery may be on the disk anyway
   */
  append(pending: PendingDelivery, seenKey: string): Promise<void> {
    const known = this.#knownUnavailable;
    return known
      ? Promise.reject(new JournalUnavailableError(known))
      : this.#commits.add({ pending, seenKey });
  }

  async #commit(take: () => Entry[]): Promise<void> {
    let startedAt = 0;
    let size = 0;
    try {
      await this.store.appendTaken(() => {
        startedAt = performance.now();
        const entries = take();
        const { unavailable } = this;
        if (unavailable) throw new JournalUnavailableError(unavailable);
        size = entries.length;
        return entries;
      });
    } catch (error) {
      if (error instanceof JournalUnavailableError) throw error;
      const reason = this.#knownUnavailable ?? String(error);
      this.#rest();
      throw new JournalUnavailableError(reason);
    }
    // All entries were given up before their commit began.
    if (size === 0) return;
    this.#counted += size;
    const { commitDuration, commitSize } = this.#options.metrics;
    commitDuration.observe((performance.now() - startedAt) / 1000);
    commitSize.observe(size);
  }

  #rest(): void {
    this.#restUntil = performance.now() + REST_MS;
  }

  /** Keeps what nobody could process, unless the quarantine is full. Never throws: a failure is logged and counted. */
  async quarantine(quarantined: Quarantined): Promise<void> {
    const { metrics, logger } = this.#options;
    try {
      const { replaced } = this.store.files;
      if (replaced) throw new Error(replaced);
      if (this.disk.isLow || this.#isQuarantineFull) throw new Error('no room for it');
      await this.store.addQuarantined(quarantined);
      metrics.quarantined.inc();
    } catch (error) {
      metrics.notQuarantined.inc();
      const message = 'a callback could not be kept in the quarantine';
      const reason = String(error);
      // A sender whose callbacks are all wrong sends many raw ones: their lines are summed up.
      if (quarantined.kind === 'delivery')
        logger.error({ deliveryId: quarantined.pending.delivery.deliveryId, reason }, message);
      else this.#summed.write({ level: 'error', message, fields: { reason } });
    }
  }

  get #isQuarantineFull(): boolean {
    const { quarantinedCount, quarantinedBytes } = this.store;
    return quarantinedCount >= MAX_QUARANTINED || quarantinedBytes >= MAX_QUARANTINED_BYTES;
  }

  async close(): Promise<void> {
    await this.#countFile.close();
    await this.store.close();
    this.#unlock();
  }
}

function askForRestart(reason: string): string {
  return `${reason}. Its pending deliveries still go to Temporal: restart the receiver once they are there`;
}
