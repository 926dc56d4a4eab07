import type { Callback } from '../callback/judge.ts';

/** What became of an acknowledged callback; a duplicate has the first one's delivery id. */
export type Receipt = { deliveryId: string; duplicate: boolean };

/** Makes a valid callback durable, and tells only then. */
export interface Intake {
  /** @throws NotDurableError when the callback must not be acknowledged */
  accept(callback: Callback): Promise<Receipt>;
}

/** The callback is durable nowhere: it must be answered 503. */
export class NotDurableError extends Error {
  override name = 'NotDurableError';
}
