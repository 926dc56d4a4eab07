import { otherBodyDeliveryId, timedDeliveryId } from '../callback/delivery-id.ts';
import type { Callback } from '../callback/judge.ts';
import { type Journal, JournalUnavailableError } from '../journal/journal.ts';
import type { RawCallback } from '../journal/record.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JournalMetrics } from '../telemetry/metrics.ts';
import { errorType, type Tracing } from '../telemetry/tracing.ts';
import type { DirectIntake } from './direct.ts';
import { type Intake, MAX_ACCEPT_MS, type Receipt, type TracedCallback } from './intake.ts';
import type { RecentCallbacks } from './recent-callbacks.ts';

export type JournalIntakeOptions = {
  journal: Journal;
  /** The second way, for what the journal can't take. */
  direct: DirectIntake;
  /** What the second way took, of callbacks without a RequestId: the journal does not know them. */
  recent: Pick<RecentCallbacks, 'find'>;
  /** Told after each delivery that was journaled. */
  journaled: () => void;
  /** In ms. */
  dedupeWindow: number;
  metrics: Pick<JournalMetrics, 'bypassed'>;
  tracing?: Tracing | undefined;
  logger: Logger;
};

/** A callback that came before. */
type Known = { bodyHash: string; at: number; receipt: Receipt | Promise<Receipt> };

/**
 * Acknowledges a callback once it is on this receiver's disk, whether Temporal is there or not. When the
 * journal can't take it, the workflow is started before the answer instead.
 */
export class JournalIntake implements Intake {
  readonly #options: JournalIntakeOptions;
  /** Callbacks being journaled at this moment, by what recognises them. */
  readonly #underWay = new Map<string, Known>();

  constructor(options: JournalIntakeOptions) {
    this.#options = options;
  }

  // Not async, nor is what it calls until there is something to wait for: each promise costs every callback.
  accept(callback: TracedCallback): Promise<Receipt> {
    const { key, receivedAt } = callback;
    if (!key.hasRequestId) {
      const started = this.#options.recent.find(key.base);
      if (started !== undefined) return asDuplicate(started);
      return this.#acceptOnce(callback, key.base, timedDeliveryId(key, receivedAt));
    }
    const known = this.#find(key.base);
    // Its RequestId may belong to another body.
    if (known && known.bodyHash !== key.bodyHash) {
      const id = otherBodyDeliveryId(key);
      return this.#acceptOnce(callback, id, id);
    }
    return known ? asDuplicate(known.receipt) : this.#acceptFirst(callback, key.base, key.base);
  }

  /** The first of equal callbacks is journaled; later ones get its receipt. */
  #acceptOnce(callback: TracedCallback, seenKey: string, deliveryId: string): Promise<Receipt> {
    const known = this.#find(seenKey);
    if (known && this.#isSame(callback, known)) return asDuplicate(known.receipt);
    return this.#acceptFirst(callback, seenKey, deliveryId);
  }

  #acceptFirst(callback: TracedCallback, seenKey: string, deliveryId: string): Promise<Receipt> {
    const receipt = this.#journalOrStart(callback, seenKey, deliveryId);
    this.#underWay.set(seenKey, { bodyHash: callback.key.bodyHash, at: callback.receivedAt, receipt });
    return receipt;
  }

  #find(seenKey: string): Known | undefined {
    const underWay = this.#underWay.get(seenKey);
    if (underWay) return underWay;
    const seen = this.#options.journal.store.findSeen(seenKey);
    return seen && { ...seen, receipt: { deliveryId: seen.deliveryId, duplicate: true } };
  }

  /** Without a RequestId equal bytes are the same callback for a while only; the clock may have been set back. */
  #isSame({ key, receivedAt }: Callback, known: Known): boolean {
    return key.hasRequestId || Math.abs(receivedAt - known.at) < this.#options.dedupeWindow;
  }

  async keepRefused(raw: RawCallback, reason: string): Promise<void> {
    await this.#options.journal.quarantine({ kind: 'raw', reason, quarantinedAt: Date.now(), raw });
  }

  async #journalOrStart(callback: TracedCallback, seenKey: string, deliveryId: string): Promise<Receipt> {
    const { journal, direct, journaled, tracing, metrics, logger } = this.#options;
    const { sdkAppId, receivedAt, pairs, key } = callback;
    const startedAt = performance.now();
    const span = tracing?.start('journal', {
      parent: callback.trace,
      attributes: { 'unfriend.delivery_id': deliveryId },
    });
    try {
      await journal.append(
        {
          ...{ delivery: { deliveryId, sdkAppId, receivedAt }, pairs, bodyHash: key.bodyHash },
          ...(span && { trace: span.traceparent }),
        },
        seenKey,
      );
      span?.end();
      journaled();
      return { deliveryId, duplicate: false };
    } catch (error) {
      span?.end({}, errorType(error));
      if (!(error instanceof JournalUnavailableError)) throw error;
      metrics.bypassed.inc();
      const { message: reason } = error;
      logger.error({ deliveryId, reason }, 'not journaled: the workflow is started before the answer');
      return await direct.accept(callback, MAX_ACCEPT_MS - (performance.now() - startedAt));
    } finally {
      this.#underWay.delete(seenKey);
    }
  }
}

async function asDuplicate(first: Receipt | Promise<Receipt>): Promise<Receipt> {
  return { ...(await first), duplicate: true };
}
