import { median } from '../../statistics.ts';
import type { ContenderResults, Engine, Measurement, Results, Role } from '../results.ts';

/** Reads one number from a measurement. */
export type Figure = (measured: Measurement) => number | undefined;

export const finishedPerSecond: Figure = ({ burst }) => burst.finishedPerSecond;
export const processorOf =
  (role: Role): Figure =>
  ({ burst }) =>
    burst.cpu[role];
/** The development server keeps its data in its own process. */
export const serverAndDatabase: Figure = ({ burst: { cpu } }) =>
  cpu.server === undefined && cpu.database === undefined
    ? undefined
    : (cpu.server ?? 0) + (cpu.database ?? 0);

/** Where a contender was measured. */
export type Place = { engine: Engine; pairs: number };

/** One contender relative to another: the ratio in each round, of which the median counts. */
export type Ratio = { median: number; lowest: number; highest: number };

/** The median of the rounds; undefined where it was not measured. */
export function middle(
  contender: ContenderResults | undefined,
  place: Place,
  figure: Figure,
): number | undefined {
  const values = at(contender, place).flatMap((measured) => figure(measured) ?? []);
  return values.length === 0 ? undefined : median(values);
}

/**
 * Round by round, because a round's measurements lie close together in time and share what else the machine did.
 *
 * @returns undefined where they have no round in common
 */
export function ratio(
  results: Results,
  {
    of,
    to,
    figure,
    against,
    ...place
  }: {
    of: string;
    to: string;
    figure: Figure;
    /** What the other runs on, if not the same. */
    against?: Engine;
  } & Place,
): Ratio | undefined {
  const below = at(named(results, to), { ...place, engine: against ?? place.engine });
  const ratios = at(named(results, of), place).flatMap((measured) => {
    const other = below.find(({ round }) => round === measured.round);
    const [upper, lower] = [figure(measured), other && figure(other)];
    return upper !== undefined && lower ? [upper / lower] : [];
  });
  if (ratios.length === 0) return undefined;
  return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) };
}

export function named(results: Results, name: string): ContenderResults | undefined {
  return results.contenders.find((each) => each.name === name);
}

function at(contender: ContenderResults | undefined, { engine, pairs }: Place): Measurement[] {
  return (contender?.measurements ?? []).filter((each) => each.engine === engine && each.pairs === pairs);
}
