import type { ContenderResults, Measurement, Results } from '../results.ts';
import { median } from '../statistics.ts';

/** What is compared: more answers are better, and less of every time. Times are in milliseconds. */
export type Figure = 'answersPerSecond' | 'p50' | 'p99' | 'p999';

/** Medians over the rounds. */
export type Summary = Record<Figure, number>;

/** One contender relative to another: the ratio in each round, of which the median counts. */
export type Ratio = { median: number; lowest: number; highest: number };

/** @returns undefined where the contender has no measurement under this load */
export function summarise(contender: ContenderResults, load: string): Summary | undefined {
  const rounds = at(contender, load);
  if (rounds.length === 0) return undefined;
  const middle = (figure: Figure) => median(rounds.map((round) => round[figure]));
  return {
    answersPerSecond: middle('answersPerSecond'),
    p50: middle('p50'),
    p99: middle('p99'),
    p999: middle('p999'),
  };
}

/**
 * Round by round, because a round's measurements lie close together in time and share what else the machine did.
 *
 * @returns undefined where they have no round in common
 */
export function ratio(
  results: Results,
  { of, to, load, figure }: { of: string; to: string; load: string; figure: Figure },
): Ratio | undefined {
  const [upper, lower] = [of, to].map((name) => results.contenders.find((each) => each.name === name));
  if (!upper || !lower) return undefined;
  const below = at(lower, load);
  const ratios = at(upper, load).flatMap((measured) => {
    const other = below.find(({ round }) => round === measured.round);
    return other ? [measured[figure] / other[figure]] : [];
  });
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}

function at({ measurements }: ContenderResults, load: string): Measurement[] {
  return measurements.filter((measured) => measured.load === load);
}
