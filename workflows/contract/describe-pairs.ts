import type { Pair } from './delivery.ts';

/** One line for a person: `alice → bob`, `alice ↔ bob`, `alice → bob and 4 more pairs`. */
export function describePairs(pairs: readonly Pair[]): string {
  const [first, second] = pairs;
  if (!first) return 'no pairs';
  const line = `${first.from} → ${first.to}`;
  if (!second) return line;
  const more = pairs.length - 1;
  if (more === 1 && second.from === first.to && second.to === first.from)
    return `${first.from} ↔ ${first.to}`;
  return `${line} and ${more} more ${more === 1 ? 'pair' : 'pairs'}`;
}
