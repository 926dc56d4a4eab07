import type { Pair } from '../../../workflows/contract.ts';

/** In most callbacks one friend is deleted, in every third it is two or three. */
const COUNTS = [1, 2, 1, 1, 3, 1];

/** The pairs of a callback, one to three, by its number. */
export function pairsOf(number: number): Pair[] {
  return Array.from({ length: COUNTS[number % COUNTS.length] ?? 1 }, (_, index) => ({
    from: `from-${number}`,
    to: `to-${number}-${index}`,
  }));
}

/** The callback's number; NaN: no callback has such a pair. */
export function numberOfPair(pair: Pair | undefined): number {
  return Number(/^from-(\d+)$/.exec(pair?.from ?? '')?.[1] ?? Number.NaN);
}
