import type { Delivery, Message, Pair, UnitKind } from '../workflows/contract.ts';
import type { BackendError } from './backends/backend.ts';
import type { BackendName, Backends } from './backends/index.ts';

/** Some pairs of a delivery, to be done in one go. */
export type BatchCall = { delivery: Delivery; pairs: Pair[]; signal: AbortSignal };

/** One pair, or one message with the pairs that it carries. */
export type UnitCall = BatchCall & {
  message?: Message;
  /**
   * The same for every try of the same thing: from the delivery, the side effect and the pair (for messages:
   * recipient and part), never from the attempt or the run. A backend that has seen a key need not act again.
   */
  key: string;
};

/**
 * How a side effect acts. `each` is called a pair or message, and resolves with what became of it, in a word.
 * `all` is called once for many pairs, and resolves with a word a pair, or why that one failed.
 * Both throw, best a {@link BackendError}, when nothing could be done.
 */
export type Act =
  | { each(call: UnitCall): Promise<string> }
  | { all(call: BatchCall): Promise<(string | BackendError)[]> };

/** A side effect: `name` is the activity's, and what people see everywhere. */
export type SideEffectDefinition = {
  name: string;
  /** What one activity of a small delivery is about. */
  per: UnitKind;
  /** Without that backend it is switched off. */
  backend?: BackendName;
  /** Null: switched off. */
  create(backends: Backends): Act | null;
};

export function defineSideEffect<const T extends SideEffectDefinition>(definition: T): T {
  return definition;
}

/** See {@link UnitCall.key}. */
export function idempotencyKey(
  sideEffect: string,
  { delivery, pairs: [pair], message }: Pick<UnitCall, 'delivery' | 'pairs' | 'message'>,
): string {
  const what = message ? [message.recipient, message.part] : [pair?.from, pair?.to];
  return [
    delivery.sdkAppId,
    delivery.deliveryId,
    sideEffect,
    ...what.map((part) => encodeURIComponent(part ?? '')),
  ].join('/');
}
