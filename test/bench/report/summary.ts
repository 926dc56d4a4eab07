import type { ContenderResults, Measurement, Results } from '../results.ts';
import { median } from '../statistics.ts';

/** What is compared: more answers are better, and less of every time. Times are in milliseconds. */
export type Figure = 'answersPerSecond' | 'p50' | 'p99' | 'p999';

/** Medians over the rounds. */
export type Summary = Record<Figure, number>;

/** One contender relative to another: the ratio in each round, of which the median counts. */
export type Ratio = { median: number; lowest: number; highest: number };

/** @returns undefined where the contender has no measurement with so many connections */
export function summarise(contender: ContenderResults, connections: number): Summary | undefined {
  const rounds = at(contender, connections);
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
  { of, to, connections, figure }: { of: string; to: string; connections: number; figure: Figure },
): Ratio | undefined {
  const [upper, lower] = [of, to].map((name) => results.contenders.find((each) => each.name === name));
  if (!upper || !lower) return undefined;
  const below = at(lower, connections);
  const ratios = at(upper, connections).flatMap((measured) => {
    const other = below.find(({ round }) => round === measured.round);
    return other ? [measured[figure] / other[figure]] : [];
  });
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}

function at({ measurements }: ContenderResults, connections: number): Measurement[] {
  return measurements.filter((measured) => measured.connections === connections);
}
