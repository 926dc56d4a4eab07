import { setTimeout as delay } from 'node:timers/promises';
import { otherBodyDeliveryId, timedDeliveryId } from '../callback/delivery-id.ts';
import type { Callback } from '../callback/judge.ts';
import { describeRpcError } from '../temporal/connect.ts';
import type { DeliveryStarter } from '../temporal/start-delivery.ts';
import { type Intake, NotDurableError, type Receipt } from './intake.ts';
import type { RecentCallbacks } from './recent-callbacks.ts';

/** All that an acknowledgement may take, in ms: the sender waits for 2 s, the network included. */
const MAX_ACCEPT_MS = 1_500;

/** Acknowledges a callback once Temporal has its workflow. Needs no disk, and needs Temporal to be there. */
export class DirectIntake implements Intake {
  readonly #starter: DeliveryStarter;
  readonly #recent: RecentCallbacks;
  readonly #within: <T>(ms: number, fn: () => Promise<T>) => Promise<T>;

  /** @param within sets a deadline on the requests that a function makes */
  constructor(
    starter: DeliveryStarter,
    recent: RecentCallbacks,
    within: <T>(ms: number, fn: () => Promise<T>) => Promise<T>,
  ) {
    this.#starter = starter;
    this.#recent = recent;
    this.#within = within;
  }

  async accept(callback: Callback): Promise<Receipt> {
    const { key } = callback;
    if (key.hasRequestId) return this.#start(callback, key.base);
    return this.#recent.acceptOnce(key.base, () =>
      this.#start(callback, timedDeliveryId(key, callback.receivedAt)),
    );
  }

  async #start(callback: Callback, deliveryId: string): Promise<Receipt> {
    const settled = new AbortController();
    const timeout = delay(MAX_ACCEPT_MS, undefined, { signal: settled.signal }).then(() => {
      throw new NotDurableError('Temporal did not answer in time');
    });
    try {
      const started = this.#within(MAX_ACCEPT_MS, () => this.#startOrSidestep(callback, deliveryId));
      return await Promise.race([started, timeout]);
    } catch (error) {
      if (error instanceof NotDurableError) throw error;
      throw new NotDurableError(describeRpcError(error), { cause: error });
    } finally {
      settled.abort();
    }
  }

  /** An id that is taken by a callback with another body: the new delivery gets an id of its own. */
  async #startOrSidestep(callback: Callback, deliveryId: string): Promise<Receipt> {
    const { key, sdkAppId, receivedAt, pairs } = callback;
    const { bodyHash } = key;
    const start = (id: string) =>
      this.#starter.start({ delivery: { deliveryId: id, sdkAppId, receivedAt }, pairs, bodyHash });

    const outcome = await start(deliveryId);
    if (outcome !== 'other-body') return { deliveryId, duplicate: outcome === 'existing' };
    const other = otherBodyDeliveryId(key);
    return { deliveryId: other, duplicate: (await start(other)) === 'existing' };
  }
}
