import type { Pair, SideEffectInput } from '../contract.ts';
import type { Unit } from './units.ts';

/** What activities of a delivery are given parts of. */
type DeliveryContent = Pick<SideEffectInput, 'delivery' | 'pairs' | 'callback'>;

/** The argument of the activity that does these units. */
export function composeInput(
  { delivery, pairs, callback }: DeliveryContent,
  units: readonly Unit[],
): SideEffectInput {
  const isCallback = units.some((unit) => unit.isCallback);
  const messages = units.flatMap(({ message, pairs: { length } }) =>
    message ? [{ ...message, pairs: length }] : [],
  );
  return {
    delivery,
    pairs: units.flatMap((unit) => unit.pairs).flatMap((pair) => pairs[pair] ?? []),
    ...(messages.length > 0 && { messages }),
    ...(isCallback && callback && { callback }),
  };
}

/** How many bytes a unit adds to that argument. */
export function unitBytes({ pairs, message }: Unit, allPairs: readonly Pair[]): number {
  const pairBytes = pairs.reduce((bytes, pair) => bytes + JSON.stringify(allPairs[pair]).length + 1, 0);
  return pairBytes + (message ? JSON.stringify(message).length + ',"pairs":9999'.length : 0);
}
