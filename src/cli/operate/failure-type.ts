import { KNOWN_FAILURE_TYPES } from '../../../activities/failure-types.ts';
import type { UndoneDelivery } from '../../temporal/attention/find-attention.ts';

/** With fewer letters in common, two names are not alike. */
const SHORTEST_PREFIX = 3;

/**
 * Explains why a failure type is unknown: Unfriend has no such type, and no delivery has it. Returns undefined for a
 * known type. Deliveries count because an app's own side effect can have any type.
 */
export function explainUnknownType(given: string, found: readonly UndoneDelivery[]): string | undefined {
  const seen = found.flatMap(({ errors }) => errors ?? []).map(({ type }) => type);
  const types = [...new Set([...KNOWN_FAILURE_TYPES, ...seen])];
  if (types.some((type) => type.toLowerCase() === given.toLowerCase())) return undefined;
  const [best] = types
    .map((type) => ({ type, length: commonPrefix(type, given) }))
    .sort((a, b) => b.length - a.length);
  const meant = best && best.length >= SHORTEST_PREFIX ? ` Did you mean ${best.type}?` : '';
  return `there is no failure type ${given}, and no delivery has it.${meant} There are ${types.join(', ')}.`;
}

/** How many letters both begin with, in any case. */
function commonPrefix(one: string, other: string): number {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  let length = 0;
  while (length < Math.min(a.length, b.length) && a[length] === b[length]) length += 1;
  return length;
}
