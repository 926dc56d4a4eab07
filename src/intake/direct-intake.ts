import { firstDeliveryId, hasRequestId, type Starter, startUnderFreeId } from '../callback/delivery-id.ts';
import { inTime } from '../in-time.ts';
import type { RawCallback } from '../journal/record.ts';
import type { Logger } from '../telemetry/logger.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import { describeRpcError } from '../temporal/connect.ts';
import type { DeliveryToStart } from '../temporal/start/start-delivery.ts';
import { composeDelivery } from './compose-delivery.ts';
import { type Intake, MAX_ACCEPT_MS, NotDurableError, type Receipt, type TracedCallback } from './intake.ts';
import { asDuplicate, type RecentCallbacks } from './recent-callbacks.ts';

export type DirectIntakeOptions = {
  starter: Starter<DeliveryToStart>;
  recent: RecentCallbacks;
  logger: Logger;
};

/** Acknowledges a callback once Temporal has its workflow. It needs no disk, but Temporal must be reachable. */
export class DirectIntake implements Intake {
  readonly #starter: Starter<DeliveryToStart>;
  readonly #recent: RecentCallbacks;
  readonly #summed: SummedLog;

  constructor({ starter, recent, logger }: DirectIntakeOptions) {
    this.#starter = starter;
    this.#recent = recent;
    this.#summed = new SummedLog(logger);
  }

  /** @param budget how long everything may take, in ms */
  async accept(callback: TracedCallback, budget = MAX_ACCEPT_MS): Promise<Receipt> {
    const { key, receivedAt } = callback;
    if (hasRequestId(key))
      return this.start(callback, { deliveryId: firstDeliveryId(key, receivedAt), budget });
    const first = this.#recent.find(key.origin);
    if (first?.receipt !== undefined) return asDuplicate(first.receipt);

    const as = first ?? { ...key, deliveryId: firstDeliveryId(key, receivedAt), receivedAt };
    const receipt = this.start(
      { ...callback, receivedAt: as.receivedAt },
      { deliveryId: as.deliveryId, budget },
    );
    this.#recent.note([key.origin], as, receipt);
    return receipt;
  }

  /**
   * Starts the workflow under the chosen id, or under the next id if another callback has the chosen one.
   *
   * @param chosen `budget`: how long everything may take, in ms
   */
  async start(callback: TracedCallback, chosen: { deliveryId: string; budget: number }): Promise<Receipt> {
    const { receivedAt, trace } = callback;
    const { deliveryId, budget } = chosen;
    const delivery = composeDelivery(callback, { deliveryId, receivedAt });
    try {
      const starting = startUnderFreeId(this.#starter, { ...delivery, ...(trace && { trace }) });
      const started = await inTime(starting, budget, 'Temporal did not answer in time');
      return { deliveryId: started.deliveryId, duplicate: started.outcome === 'existing' };
    } catch (error) {
      throw new NotDurableError(deliveryId, describeRpcError(error), { cause: error });
    }
  }

  /** Without a journal there is no quarantine. Only the log tells of the callback. */
  async keepRefused(_raw: RawCallback, reason: string): Promise<void> {
    const message = 'a signed callback was refused, and without a journal it is not kept';
    this.#summed.write({ level: 'error', message, fields: { reason } });
  }
}
