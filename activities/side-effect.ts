import type { Delivery, Message, Pair, RelayedCallback, UnitKind } from '../workflows/contract.ts';
import type { BackendError } from './backends/backend.ts';
import type { BackendName, Backends } from './backends/index.ts';

/** Some pairs of a delivery, which are done together. */
export type BatchCall = { delivery: Delivery; pairs: Pair[]; signal: AbortSignal };

/** One pair, one message with the pairs that it carries, or the callback without pairs. */
export type UnitCall = BatchCall & {
  message?: Message;
  callback?: RelayedCallback;
  /**
   * Every try of the same thing has the same key. It is made from the delivery, the side effect and the pair (for
   * messages: the recipient and the part; for the callback: nothing more), never from the attempt or the run. A backend
   * that has seen a key may skip the repeat.
   */
  key: string;
};

/**
 * How a side effect is done. `each` is called for one pair, message or callback, and resolves with a word for what it did.
 * `all` is called once for many pairs, and resolves with one word per pair, or with the error of a pair that failed.
 * Both throw if nothing was done, preferably a {@link BackendError}.
 */
export type SideEffectImplementation =
  | { each(call: UnitCall): Promise<string> }
  | { all(call: BatchCall): Promise<(string | BackendError)[]> };

/** A side effect. `name` is also the name of its activity, and what people see everywhere. */
export type SideEffectDefinition = {
  name: string;
  /** What one activity of a small delivery does. */
  per: UnitKind;
  /** The side effect is switched off when this backend is. */
  backend?: BackendName;
  /** Done late, it can undo a friendship that was made again. With `FENCE=on` the vendor is asked before. */
  isFenced?: boolean;
  /** Null: switched off. */
  create(backends: Backends): SideEffectImplementation | null;
};

export function defineSideEffect<const T extends SideEffectDefinition>(definition: T): T {
  return definition;
}

/** See {@link UnitCall.key}. */
export function idempotencyKey(
  sideEffect: string,
  {
    delivery,
    pairs: [pair],
    message,
    callback,
  }: Pick<UnitCall, 'delivery' | 'pairs' | 'message' | 'callback'>,
): string {
  const ofPairs = message ? [message.recipient, message.part] : [pair?.from, pair?.to];
  const what = callback ? [] : ofPairs;
  return [
    delivery.sdkAppId,
    delivery.deliveryId,
    sideEffect,
    ...what.map((part) => encodeURIComponent(part ?? '')),
  ].join('/');
}
