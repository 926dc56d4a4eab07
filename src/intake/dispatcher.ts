import { setTimeout as delay } from 'node:timers/promises';
import { type Starter, startUnderFreeId } from '../callback/delivery-id.ts';
import { DecryptionError } from '../encryption/key-ring.ts';
import { AWAIT_KEY } from '../journal/encryption/awaiting-key.ts';
import type { PendingDelivery } from '../journal/record.ts';
import type { JournalStore, Keyed } from '../journal/store.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JournalMetrics } from '../telemetry/metrics.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import { describeRpcError } from '../temporal/connect.ts';
import type { DeliveryToStart } from '../temporal/start/start-delivery.ts';
import { classifyStartError } from '../temporal/start/start-error.ts';

const PAGE = 64;

/** How many entries are handed over or wait for the commit that removes them. A slow disk makes them many. */
const MAX_UNDER_WAY = 512;

/** How long to wait before the journal is looked at again, in ms: another process may have requeued an entry. */
const IDLE_MS = 1_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 2_000;
const NEVER = Number.POSITIVE_INFINITY;

/** When the journal can't remove entries, every look at it passes over those that were handed over. This bounds them. */
const MAX_HANDED_OVER = 10_000;

export type DispatcherOptions = {
  store: JournalStore;
  starter: Starter<DeliveryToStart>;
  /** How many starts may run at the same time now. */
  concurrency: () => number;
  metrics: JournalMetrics;
  logger: Logger;
};

/**
 * Moves deliveries from the journal to Temporal, in order of arrival. Each is handed over at least once. It gets exactly
 * one workflow, because the workflow id is made from the delivery id. While Temporal is away, the dispatcher tries one
 * delivery at a time.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #summed: SummedLog;
  readonly #underWay = new Map<string, Promise<void>>();
  /** Entries that are not tried again before a time on the monotonic clock, because they failed. */
  readonly #later = new Map<string, number>();
  /** Entries whose deliveries Temporal has, but which are not removed from the journal yet. */
  readonly #handedOver = new Set<string>();
  readonly #stopping = new AbortController();
  #wake: () => void = () => undefined;
  #starts = 0;
  #freeLane: () => void = () => undefined;
  #failures = 0;
  #isUnreadable = false;
  #finished: Promise<void> = Promise.resolve();

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#summed = new SummedLog(options.logger);
  }

  start(): void {
    this.#finished = this.#run();
  }

  /** To be called after a delivery was journaled. */
  notify(): void {
    this.#wake();
  }

  /** Hands over what is pending for up to `grace` ms more. The rest stays in the journal. */
  async stop(grace: number): Promise<void> {
    const deadline = performance.now() + grace;
    const { store } = this.#options;
    const leftAlone = () => [...this.#later.values()].filter((until) => until === NEVER).length;
    const left = () => store.pendingCount - store.awaitingKeyCount - leftAlone();
    const canHandOver = () => this.#failures === 0 && left() > 0;
    while (canHandOver() && performance.now() < deadline) {
      this.#wake();
      await delay(20);
    }
    this.#stopping.abort();
    this.#wake();
    await this.#finished;
    await Promise.all(this.#underWay.values());
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      if (this.#failures > 0) await this.#pause(backoff(this.#failures));
      const page = this.#nextPage();
      if (page.length === 0) await this.#idle();
      for (const entry of page) {
        await this.#laneFreed();
        if (this.#stopping.signal.aborted) return;
        const dispatched = this.#dispatch(entry).finally(() => {
          this.#underWay.delete(entry.key);
          this.#freeLane();
        });
        this.#underWay.set(entry.key, dispatched);
        if (this.#failures > 0) break;
      }
    }
  }

  get #isOver(): boolean {
    // No entry can be removed any more. The next process continues, and finds which workflows were started.
    const isStuck =
      this.#options.store.writeFailure !== undefined && this.#handedOver.size >= MAX_HANDED_OVER;
    return isStuck || this.#stopping.signal.aborted;
  }

  /** Empty also when the journal can't be read: the receiver works without it. */
  #nextPage(): Keyed<Buffer>[] {
    const { store, logger } = this.#options;
    const now = performance.now();
    for (const [key, until] of this.#later) if (until <= now) this.#later.delete(key);
    try {
      const page = store.firstPending(PAGE, new Set([...this.#underWay.keys(), ...this.#later.keys()]));
      this.#isUnreadable = false;
      return page;
    } catch (error) {
      const reason = String(error);
      if (!this.#isUnreadable) logger.error({ reason }, 'the journal can not be read: what is pending waits');
      this.#isUnreadable = true;
      return [];
    }
  }

  get #isFull(): boolean {
    const lanes = this.#failures > 0 ? 1 : this.#options.concurrency();
    return this.#starts >= lanes || this.#underWay.size >= MAX_UNDER_WAY;
  }

  async #laneFreed(): Promise<void> {
    while (this.#isFull)
      await new Promise<void>((resolve) => {
        this.#freeLane = resolve;
      });
  }

  async #dispatch(entry: Keyed<Buffer>): Promise<void> {
    const { key } = entry;
    let pending: PendingDelivery;
    try {
      pending = this.#options.store.decodePending(entry);
    } catch (error) {
      if (error instanceof DecryptionError) await this.#awaitKey(key, error.message);
      else await this.#quarantineDamaged(entry, String(error));
      return;
    }
    try {
      if (!this.#handedOver.has(key)) await this.#handOver(pending);
    } catch (error) {
      await this.#fail(key, pending, error);
      return;
    }
    await this.#remove(key, pending);
  }

  async #quarantineDamaged({ key, record }: Keyed<Buffer>, reason: string): Promise<void> {
    const { store, metrics, logger } = this.#options;
    metrics.damaged.inc();
    logger.error({ key, reason }, 'a journal entry is damaged: it goes to the quarantine');
    const entry = record.toString('base64');
    await store
      .quarantinePending(key, { kind: 'damaged', reason, quarantinedAt: Date.now(), entry })
      .then(() => metrics.quarantined.inc())
      .catch(() => this.#leaveInJournal(key));
  }

  /** The entry is whole, so it is no damage: its key was removed from PAYLOAD_KEYS too early. */
  async #awaitKey(key: string, reason: string): Promise<void> {
    this.#summed.write({ level: 'error', message: AWAIT_KEY, kind: { reason } });
    await this.#options.store.awaitingKey.add(key, reason).catch(() => this.#leaveInJournal(key));
  }

  async #handOver(pending: PendingDelivery): Promise<void> {
    const { starter, metrics, logger } = this.#options;
    const { deliveryId: acknowledgedAs, receivedAt } = pending.delivery;
    this.#starts += 1;
    const { deliveryId, outcome } = await startUnderFreeId(starter, pending).finally(() => {
      this.#starts -= 1;
      this.#freeLane();
    });
    this.#failures = 0;
    metrics.dispatched.inc();
    const other = deliveryId === acknowledgedAs ? {} : { acknowledgedAs };
    const waitedMs = Date.now() - receivedAt;
    logger.info({ deliveryId, ...other, outcome, waitedMs }, 'delivery handed over to Temporal');
  }

  /** An entry that can't be removed is not started again by this process. The next process finds its workflow. */
  async #remove(key: string, { delivery }: PendingDelivery): Promise<void> {
    const { store, logger } = this.#options;
    try {
      await store.removePending(key);
      this.#handedOver.delete(key);
    } catch (error) {
      const { deliveryId } = delivery;
      if (!this.#handedOver.has(key))
        logger.error(
          { deliveryId, reason: String(error) },
          'a delivery was handed over to Temporal, and can not be removed from the journal: later again',
        );
      this.#handedOver.add(key);
      this.#leaveInJournal(key);
    }
  }

  /** The disk did not let the entry leave the journal. */
  #leaveInJournal(key: string): void {
    const { writeFailure } = this.#options.store;
    this.#later.set(key, writeFailure === undefined ? performance.now() + MAX_BACKOFF_MS : NEVER);
  }

  async #fail(key: string, pending: PendingDelivery, error: unknown): Promise<void> {
    const { store, metrics, logger } = this.#options;
    const { deliveryId } = pending.delivery;
    const reason = describeRpcError(error);
    switch (classifyStartError(error)) {
      case 'never':
        logger.error(
          { deliveryId, reason },
          'Temporal can never take this delivery: it goes to the quarantine',
        );
        await store
          .quarantinePending(key, { kind: 'delivery', reason, quarantinedAt: Date.now(), pending })
          .then(() => metrics.quarantined.inc())
          .catch(() => this.#leaveInJournal(key));
        return;
      case 'this-one':
        metrics.retried.inc();
        logger.warn({ deliveryId, reason }, 'a delivery could not be started: later again');
        this.#later.set(key, performance.now() + MAX_BACKOFF_MS);
        return;
      case 'busy':
        this.#summed.write({
          level: 'warn',
          message: 'Temporal limits the starts: deliveries wait in the journal',
          fields: { reason },
        });
        this.#backOff(key);
        return;
      case 'away':
        if (this.#failures === 0)
          logger.error({ deliveryId, reason }, 'Temporal takes no deliveries: they wait in the journal');
        this.#backOff(key);
    }
  }

  #backOff(key: string): void {
    this.#options.metrics.retried.inc();
    this.#failures += 1;
    // Try another delivery next: Temporal has many shards, and may be away for this delivery alone.
    this.#later.set(key, performance.now() + longestBackoff(this.#failures));
  }

  /** Waits until a delivery is journaled, or until one that failed may be tried again. */
  async #idle(): Promise<void> {
    const next = Math.min(...this.#later.values()) - performance.now();
    const wait = Math.min(IDLE_MS, Math.max(0, next));
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const timer = new AbortController();
    await Promise.race([woken, delay(wait, undefined, { signal: timer.signal }).catch(() => undefined)]);
    timer.abort();
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}

/** Doubles from 0.1 s to 2 s. Jitter keeps receivers from coming back at the same moment. */
function backoff(failures: number): number {
  const longest = longestBackoff(failures);
  return longest / 2 + Math.random() * (longest / 2);
}

function longestBackoff(failures: number): number {
  return Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (failures - 1));
}
