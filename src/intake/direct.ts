import { otherBodyDeliveryId, timedDeliveryId } from '../callback/delivery-id.ts';
import { inTime } from '../in-time.ts';
import type { RawCallback } from '../journal/record.ts';
import type { Logger } from '../telemetry/logger.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import { describeRpcError } from '../temporal/connect.ts';
import type { DeliveryStarter } from '../temporal/start-delivery.ts';
import { type Intake, MAX_ACCEPT_MS, NotDurableError, type Receipt, type TracedCallback } from './intake.ts';
import type { RecentCallbacks } from './recent-callbacks.ts';

export type DirectIntakeOptions = {
  starter: DeliveryStarter;
  recent: RecentCallbacks;
  logger: Logger;
};

/** Acknowledges a callback once Temporal has its workflow. Needs no disk, and needs Temporal to be there. */
export class DirectIntake implements Intake {
  readonly #starter: DeliveryStarter;
  readonly #recent: RecentCallbacks;
  readonly #summed: SummedLog;

  constructor({ starter, recent, logger }: DirectIntakeOptions) {
    this.#starter = starter;
    this.#recent = recent;
    this.#summed = new SummedLog(logger);
  }

  /** @param budget all that it may take, in ms */
  async accept(callback: TracedCallback, budget = MAX_ACCEPT_MS): Promise<Receipt> {
    const { key } = callback;
    if (key.hasRequestId) return this.#start(callback, key.base, budget);
    return this.#recent.acceptOnce(key.base, () =>
      this.#start(callback, timedDeliveryId(key, callback.receivedAt), budget),
    );
  }

  /** There is no place for it: the log is all that tells of it. */
  async keepRefused(_raw: RawCallback, reason: string): Promise<void> {
    const message = 'a signed callback was refused, and without a journal it is not kept';
    this.#summed.write({ level: 'error', message, fields: { reason } });
  }

  async #start(callback: TracedCallback, deliveryId: string, budget: number): Promise<Receipt> {
    try {
      const started = this.#startOrSidestep(callback, deliveryId);
      return await inTime(started, budget, 'Temporal did not answer in time');
    } catch (error) {
      throw new NotDurableError(deliveryId, describeRpcError(error), { cause: error });
    }
  }

  /** An id that is taken by a callback with another body: the new delivery gets an id of its own. */
  async #startOrSidestep(callback: TracedCallback, deliveryId: string): Promise<Receipt> {
    const { key, sdkAppId, receivedAt, pairs, trace } = callback;
    const { bodyHash } = key;
    const start = (id: string) =>
      this.#starter.start({
        ...{ delivery: { deliveryId: id, sdkAppId, receivedAt }, pairs, bodyHash },
        ...(trace && { trace }),
      });

    const outcome = await start(deliveryId);
    if (outcome !== 'other-body') return { deliveryId, duplicate: outcome === 'existing' };
    const other = otherBodyDeliveryId(key);
    return { deliveryId: other, duplicate: (await start(other)) === 'existing' };
  }
}
