import { chooseDeliveryId, type DeliveryKey, hasRequestId, seenKey } from '../callback/delivery-id.ts';
import type { Callback } from '../callback/judge.ts';
import { findHolder } from '../journal/find-holder.ts';
import type { Journal } from '../journal/journal.ts';
import type { RawCallback } from '../journal/record.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { JournalMetrics } from '../telemetry/metrics.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import { errorType, type Tracing } from '../telemetry/tracing.ts';
import { composeDelivery } from './compose-delivery.ts';
import type { DirectIntake } from './direct-intake.ts';
import { type Intake, MAX_ACCEPT_MS, type Receipt, type TracedCallback } from './intake.ts';
import { asDuplicate, type KnownCallback, type RecentCallbacks } from './recent-callbacks.ts';

export type JournalIntakeOptions = {
  journal: Journal;
  /** The second way: it takes callbacks that the journal can't take. */
  direct: DirectIntake;
  /** The callbacks that went the second way. The journal does not know them. */
  recent: RecentCallbacks;
  /** Called after each delivery that was journaled. */
  journaled: () => void;
  /** In ms. */
  dedupeWindow: number;
  metrics: Pick<JournalMetrics, 'bypassed' | 'notQuarantined'>;
  tracing?: Tracing | undefined;
  logger: Logger;
};

/** While the disk hangs, refused callbacks wait in memory. Each can be as large as `MAX_BODY`. */
const MAX_KEPT_AT_ONCE = 32;

/** A callback's key, id and time. */
type Named = DeliveryKey & Omit<KnownCallback, 'receipt'>;

/**
 * Acknowledges a callback once it is on this receiver's disk, whether Temporal is there or not. When the
 * journal can't take it, the workflow is started before the answer instead.
 */
export class JournalIntake implements Intake {
  readonly #options: JournalIntakeOptions;
  /** The callbacks that are being made durable at this moment, by the keys that recognise them. */
  readonly #underWay = new Map<string, KnownCallback>();
  /** Refused callbacks on their way to the quarantine. */
  #keeping = 0;
  /** Whoever sees a signed URL can send as many broken callbacks as they like. */
  readonly #summed: SummedLog;

  constructor(options: JournalIntakeOptions) {
    this.#options = options;
    this.#summed = new SummedLog(options.logger);
  }

  // Not async, for speed: a promise that is not needed would cost time for every callback.
  accept(callback: TracedCallback): Promise<Receipt> {
    const first = this.#firstOfEqual(callback);
    const { known, deliveryId } = first
      ? { known: first, deliveryId: first.deliveryId }
      : chooseDeliveryId(callback, (id) => this.#find(id, callback.receivedAt));
    if (known?.receipt !== undefined) return asDuplicate(known.receipt);
    // It was tried before and not acknowledged. Try again under the same id and time.
    return this.#acceptAs(deliveryId, known ? { ...callback, receivedAt: known.receivedAt } : callback);
  }

  /** Without a RequestId, equal bytes are the same callback only within the window. The clock may have been set back. */
  #firstOfEqual({ key, receivedAt }: Callback): KnownCallback | undefined {
    if (hasRequestId(key)) return undefined;
    return this.#find(key.origin, receivedAt, this.#options.dedupeWindow);
  }

  /**
   * Looks among the callbacks that are being made durable, that went the second way, and that were journaled.
   *
   * @param now ms since the epoch
   * @param window how long a journaled callback counts as the same, in ms
   */
  #find(seenKey: string, now: number, window = Number.POSITIVE_INFINITY): KnownCallback | undefined {
    const recent = this.#options.recent.find(seenKey);
    if (recent?.receipt !== undefined) return recent;
    const known = this.#underWay.get(seenKey) ?? this.#findJournaled(seenKey, now);
    return known && Math.abs(now - known.receivedAt) < window ? known : recent;
  }

  #findJournaled(seenKey: string, now: number): KnownCallback | undefined {
    const seen = findHolder(this.#options.journal.store, seenKey, now);
    if (seen === undefined) return undefined;
    const { origin, bodyHash, deliveryId, at } = seen;
    return { origin, bodyHash, deliveryId, receivedAt: at, receipt: { deliveryId, duplicate: true } };
  }

  #acceptAs(deliveryId: string, callback: TracedCallback): Promise<Receipt> {
    const { key, receivedAt } = callback;
    const underWay: Named & KnownCallback = { ...key, deliveryId, receivedAt, receipt: undefined };
    const receipt = this.#journalOrStart(callback, underWay);
    underWay.receipt = receipt;
    for (const seenKey of seenKeys(underWay)) this.#underWay.set(seenKey, underWay);
    return receipt;
  }

  async #journalOrStart(callback: TracedCallback, as: Named): Promise<Receipt> {
    const { journal, journaled, tracing } = this.#options;
    const { receivedAt, key } = callback;
    const { deliveryId } = as;
    const startedAt = performance.now();
    const span = tracing?.start('journal', {
      parent: callback.trace,
      attributes: { 'unfriend.delivery_id': deliveryId },
    });
    const delivery = composeDelivery(callback, { deliveryId, receivedAt });
    const pending = { ...delivery, ...(span && { trace: span.traceparent }) };
    try {
      await journal.append(pending, seenKey(key.origin, deliveryId));
      span?.end();
      journaled();
      return { deliveryId, duplicate: false };
    } catch (error) {
      span?.end({}, errorType(error));
      const budget = MAX_ACCEPT_MS - (performance.now() - startedAt);
      return await this.#start(callback, as, { budget, error });
    } finally {
      for (const seenKey of seenKeys(as))
        if (this.#underWay.get(seenKey) === as) this.#underWay.delete(seenKey);
    }
  }

  /** The second way. It keeps the chosen id, because a slow commit may still journal the delivery under that id. */
  #start(callback: TracedCallback, as: Named, why: { budget: number; error: unknown }): Promise<Receipt> {
    const { direct, recent, metrics, logger } = this.#options;
    const { deliveryId } = as;
    const { budget, error } = why;
    const reason = error instanceof Error ? error.message : String(error);
    metrics.bypassed.inc();
    logger.error({ deliveryId, reason }, 'not journaled: the workflow is started before the answer');
    const receipt = direct.start(callback, { deliveryId, budget });
    recent.note(seenKeys(as), as, receipt);
    return receipt;
  }

  async keepRefused(raw: RawCallback, reason: string): Promise<void> {
    const { journal, metrics } = this.#options;
    if (this.#keeping >= MAX_KEPT_AT_ONCE) {
      metrics.notQuarantined.inc();
      const message = 'a callback could not be kept in the quarantine';
      this.#summed.write({ level: 'error', message, fields: { reason: 'the disk is too slow' } });
      return;
    }
    this.#keeping += 1;
    await journal.quarantine({ kind: 'raw', reason, quarantinedAt: Date.now(), raw });
    this.#keeping -= 1;
  }
}

/** The keys that recognise it: the delivery id and, without a RequestId, the origin that equal callbacks share. */
function seenKeys({ origin, deliveryId }: Named): string[] {
  return hasRequestId({ origin }) ? [deliveryId] : [origin, deliveryId];
}
