import { KNOWN_FAILURE_TYPES } from '../../../activities/failure-types.ts';
import type { Undone } from '../../temporal/attention/find-attention.ts';

/** Fewer letters in common say nothing. */
const SHORTEST_PREFIX = 3;

/**
 * Why a failure type can't be meant: Unfriend has no such type, and no delivery has it. A side effect of somebody's own
 * can have any type, so deliveries are looked at too. Undefined: it can be meant.
 */
export function explainUnknownType(given: string, found: readonly Undone[]): string | undefined {
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
