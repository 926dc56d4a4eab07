import type { RelayedCallback } from '../../workflows/contract.ts';
import type { Callback } from '../callback/judge.ts';
import type { RawCallback } from '../journal/record.ts';
import type { TraceParent } from '../telemetry/tracing.ts';

/** A valid callback with the parts of its request that are needed later. */
export type TracedCallback = Callback & {
  /** Where its trace continues; absent: it is not traced. */
  trace?: TraceParent;
  /** What the endpoint gets; absent: it is not relayed. */
  relayed?: RelayedCallback;
};

/** The result for an acknowledged callback. A duplicate has the delivery id of the first callback. */
export type Receipt = { deliveryId: string; duplicate: boolean };

/** Makes valid callbacks durable. */
export interface Intake {
  /**
   * Resolves only when the callback is durable.
   *
   * @throws NotDurableError when the callback must not be acknowledged
   */
  accept(callback: TracedCallback): Promise<Receipt>;
  /** Keeps a refused callback for a person to look at, if there is a quarantine. Never throws. */
  keepRefused(raw: RawCallback, reason: string): Promise<void>;
}

/** How long an acknowledgement may take, in ms. The sender waits for 2 s, and the network needs a part of that. */
export const MAX_ACCEPT_MS = 1_500;

/** The callback is neither in the journal nor in Temporal, so it must be answered 503. */
export class NotDurableError extends Error {
  override name = 'NotDurableError';
  /** The id that the delivery would have had. */
  readonly deliveryId: string;

  constructor(deliveryId: string, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.deliveryId = deliveryId;
  }
}
