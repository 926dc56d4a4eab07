import type { Logger } from '../telemetry/logger.ts';
import type { JournalMetrics } from '../telemetry/metrics.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import { surviveCommitFailures } from './commit-failures.ts';
import { CountsFile } from './folder/counts.ts';
import { DiskSpace } from './folder/disk-space.ts';
import { lockJournal } from './folder/lock.ts';
import { GroupCommit } from './group-commit.ts';
import { Pressure } from './pressure.ts';
import type { PendingDelivery, Quarantined } from './record.ts';
import { recoverJournal } from './recovery/recover.ts';
import type { Salvaged } from './recovery/take-over.ts';
import { type Entry, JournalStore } from './store.ts';

/** A commit that takes longer counts as failed, in ms: the sender waits for 2 s, and there is a second way. */
const MAX_COMMIT_MS = 1_000;

/** After a slow commit the journal is left alone for a while, in ms, so that callbacks go the second way at once. */
const REST_MS = 1_000;

/** How long a count of what is pending holds good, in ms. */
const COUNT_FRESH_MS = 50;

/** Raw callbacks in the quarantine: what bounds a sender that never gets it right. */
const MAX_QUARANTINED = 10_000;
const MAX_QUARANTINED_BYTES = 64 * 1024 * 1024;

export type JournalOptions = {
  dir: string;
  maxPending: number;
  /** How long equal callbacks must be recognised, in ms. */
  remember: number;
  metrics: JournalMetrics;
  logger: Logger;
  /** Breaks off what `open` does to a journal; the next process begins anew. */
  signal?: AbortSignal;
};

/** The journal can't take a delivery now; the message says why. */
export class JournalUnavailableError extends Error {
  override name = 'JournalUnavailableError';
}

/** The durable store of deliveries acknowledged and not yet in Temporal, of one receiver. */
export class Journal {
  readonly store: JournalStore;
  readonly pressure = new Pressure();
  /** What became of a journal that was damaged when this one was opened. */
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
   * @param letGo releases the lock, for a caller that has taken it by {@link lockJournal}
   * @throws JournalLockedError when another process has it
   */
  static async open(options: JournalOptions, letGo = lockJournal(options.dir)): Promise<Journal> {
    const { dir, remember, logger, metrics, signal } = options;
    const forgive = surviveCommitFailures(logger);
    const unlock = () => {
      forgive();
      letGo();
    };
    try {
      const salvaged = await recoverJournal({ dir, remember, logger, signal });
      if (salvaged) metrics.damaged.inc(salvaged.lost ?? 1);
      const onReplaced = (reason: string) =>
        logger.error({ reason }, 'the journal takes no callbacks any more');
      const store = await JournalStore.open({ dir, remember, onReplaced });
      return new Journal(store, options, { disk: new DiskSpace(dir), unlock, salvaged });
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Why there is no use in trying to journal anything, as far as it is known without a look. */
  get restingBecause(): string | undefined {
    const { writeFailure, files } = this.store;
    if (files.knownReplaced) return askForRestart(files.knownReplaced);
    if (writeFailure) return `a write failed (${writeFailure}): restart once its cause is mended`;
    return performance.now() < this.#restUntil ? 'a commit was slow just now' : undefined;
  }

  /** Why nothing can be journaled right now; undefined: it can. */
  get unavailable(): string | undefined {
    const { replaced } = this.store.files;
    if (replaced) return askForRestart(replaced);
    const { restingBecause } = this;
    if (restingBecause) return restingBecause;
    if (this.disk.isLow) return 'the disk is almost full';
    if (this.#pendingCount >= this.#options.maxPending) return 'JOURNAL_MAX_PENDING is reached';
    return undefined;
  }

  /** What is dispatched meanwhile shows a moment later: to ask the database takes longer than to append to it. */
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
   * @param seenKey what recognises it when it comes again
   * @throws JournalUnavailableError; the delivery may be on the disk all the same, if the disk was only slow
   */
  append(pending: PendingDelivery, seenKey: string): Promise<void> {
    const { restingBecause } = this;
    return restingBecause
      ? Promise.reject(new JournalUnavailableError(restingBecause))
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
      const reason = this.restingBecause ?? String(error);
      this.#rest();
      throw new JournalUnavailableError(reason);
    }
    // All of them were given up before their turn came.
    if (size === 0) return;
    this.#counted += size;
    const { commitDuration, commitSize } = this.#options.metrics;
    commitDuration.observe((performance.now() - startedAt) / 1000);
    commitSize.observe(size);
    this.pressure.note(size);
  }

  #rest(): void {
    this.#restUntil = performance.now() + REST_MS;
  }

  /** Keeps what nobody could process, unless there is too much of it already. Never throws: it is said in the log. */
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
      // A sender that never gets it right sends many of them.
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
  return `${reason}; what it holds is still handed over to Temporal, then restart the receiver`;
}
