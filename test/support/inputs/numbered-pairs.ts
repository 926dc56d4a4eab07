import type { Pair } from '../../../workflows/contract.ts';

/** The pairs of a callback, one to three, by its number. */
export function pairsOf(number: number): Pair[] {
  return Array.from({ length: 1 + (number % 3) }, (_, index) => ({
    from: `from-${number}`,
    to: `to-${number}-${index}`,
  }));
}

/** The callback's number; NaN: no callback has such a pair. */
export function numberOfPair(pair: Pair | undefined): number {
  return Number(/^from-(\d+)$/.exec(pair?.from ?? '')?.[1] ?? Number.NaN);
}
