import { type Bar, drawBars, OTHERS, OURS } from '../../report/bars.ts';
import { type ContenderResults, type Engine, PAIRS, type Results, type Role } from '../results.ts';
import { inPairs } from './claims.ts';
import { middle, processorOf } from './summary.ts';
import { comparedWithObvious } from './tables.ts';

const COLOURS: Record<Role, string> = {
  receiver: '#f59e0b',
  worker: OURS,
  server: '#6366f1',
  database: '#db2777',
  backends: '#cbd5e1',
};
const ROLES = Object.keys(COLOURS) as Role[];

/** `callbacks.svg`: finished callbacks per second, the obvious design is 1. */
export function speedChart(results: Results): string {
  return drawBars({
    title: 'Finished callbacks per second of each contender, relative to the obvious Temporal design',
    scaledByGroup: true,
    groups: groupsOf(results, 'finished callbacks per second, the obvious design = 1', (contender, place) => {
      const value = comparedWithObvious(results, contender, place)?.median;
      const colour = contender.label.startsWith('Unfriend') ? OURS : OTHERS;
      return {
        label: labelOf(contender),
        parts: value === undefined ? [] : [{ value, colour }],
        number: value === undefined ? '' : value.toFixed(2),
      };
    }).map((group) => (group.bars.some(({ parts }) => parts.length > 0) ? { ...group, mark: 1 } : group)),
  });
}

/** `callbacks-cost.svg`: processor time per callback, by process. */
export function costChart(results: Results): string {
  return drawBars({
    title: 'Processor time per callback of each contender, by process',
    scaledByGroup: true,
    legend: ROLES.map((role) => ({ text: role, colour: COLOURS[role] })),
    groups: groupsOf(results, 'ms of processor time per callback', (contender, place) => {
      const parts = ROLES.flatMap((role) => {
        const value = middle(contender, place, processorOf(role));
        return value === undefined ? [] : [{ value, colour: COLOURS[role] }];
      });
      const sum = parts.reduce((total, { value }) => total + value, 0);
      return { label: labelOf(contender), parts, number: sum.toFixed(sum < 100 ? 1 : 0) };
    }),
  });
}

/** One group for each number of pairs, of what ran on PostgreSQL or a queue. */
function groupsOf(
  { contenders }: Results,
  what: string,
  draw: (contender: ContenderResults, place: { engine: Engine; pairs: number }) => Bar,
) {
  return PAIRS.flatMap((pairs) => {
    const bars = contenders.flatMap((contender) => {
      const found = contender.measurements.find(
        (each) => each.pairs === pairs && each.engine !== 'temporal-dev',
      );
      return found ? [draw(contender, { engine: found.engine, pairs })] : [];
    });
    return bars.length === 0 ? [] : [{ title: `${inPairs(pairs)}: ${what}`, bars }];
  });
}

function labelOf({ label, faults }: ContenderResults): string {
  return `${label}${faults.length > 0 ? ' – FAULTY' : ''}`;
}
