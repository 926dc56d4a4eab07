import type { RelayedCallback } from '../../workflows/contract.ts';
import type { Callback } from '../callback/judge.ts';
import type { RawCallback } from '../journal/record.ts';
import type { TraceParent } from '../telemetry/tracing.ts';

/** A valid callback with what of its request goes on. */
export type TracedCallback = Callback & {
  /** What its trace goes on from, where somebody traces. */
  trace?: TraceParent;
  /** What the endpoint gets; absent: it is not relayed. */
  relayed?: RelayedCallback;
};

/** What became of an acknowledged callback; a duplicate has the first one's delivery id. */
export type Receipt = { deliveryId: string; duplicate: boolean };

/** Makes a valid callback durable, and tells only then. */
export interface Intake {
  /** @throws NotDurableError when the callback must not be acknowledged */
  accept(callback: TracedCallback): Promise<Receipt>;
  /** Keeps a refused callback for a person to look at, where there is a place for it. Never throws. */
  keepRefused(raw: RawCallback, reason: string): Promise<void>;
}

/** All that an acknowledgement may take, in ms: the sender waits for 2 s, the network included. */
export const MAX_ACCEPT_MS = 1_500;

/** The callback is durable nowhere: it must be answered 503. */
export class NotDurableError extends Error {
  override name = 'NotDurableError';
  /** What it would have been. */
  readonly deliveryId: string;

  constructor(deliveryId: string, reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.deliveryId = deliveryId;
  }
}
