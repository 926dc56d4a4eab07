import type { ContenderResults, Engine, Results } from '../results.ts';
import { type Figure, finishedPerSecond, middle, type Place, processorOf, ratio } from './summary.ts';

type Column = { head: string; figure: Figure };

const SPEED: Column[] = [
  { head: 'answer p50 ms', figure: ({ steady }) => steady?.answer.p50 },
  { head: 'answer p99 ms', figure: ({ steady }) => steady?.answer.p99 },
  { head: 'answer to done p50 ms', figure: ({ steady }) => steady?.done.p50 },
  { head: 'p99 ms', figure: ({ steady }) => steady?.done.p99 },
];

const COST: Column[] = [
  { head: 'receiver', figure: processorOf('receiver') },
  { head: 'worker', figure: processorOf('worker') },
  { head: 'server', figure: processorOf('server') },
  { head: 'database', figure: processorOf('database') },
  { head: 'backends', figure: processorOf('backends') },
  { head: 'commits', figure: ({ burst }) => burst.database?.commits },
  { head: 'WAL KiB', figure: ({ burst }) => burst.database?.walKiB },
  { head: 'stored KiB', figure: ({ burst }) => burst.database?.storedKiB },
  { head: 'events', figure: ({ history }) => history?.events },
  { head: 'actions', figure: ({ history }) => history?.actions },
  { head: 'history KiB', figure: ({ history }) => history && history.bytes / 1_024 },
];

/** How fast each contender is with so many pairs. */
export function speedTable(results: Results, engines: readonly Engine[], pairs: number): string {
  const rows = measured(results, engines, pairs).map(({ contender, engine }) => {
    const place = { engine, pairs };
    const perSecond = middle(contender, place, finishedPerSecond);
    const compared = comparedWithObvious(results, contender, place);
    return [
      contender.label + mark(contender),
      readable(perSecond),
      compared ? `${compared.median.toFixed(2)}×` : '–',
      ...SPEED.map(({ figure }) => readable(middle(contender, place, figure))),
    ];
  });
  return table(['contender', 'finished/s', 'of the obvious', ...SPEED.map(({ head }) => head)], rows);
}

/** What one callback costs each contender with so many pairs. */
export function costTable(results: Results, engines: readonly Engine[], pairs: number): string {
  const rows = measured(results, engines, pairs).map(({ contender, engine }) => [
    contender.label + mark(contender),
    ...COST.map(({ figure }) => readable(middle(contender, { engine, pairs }, figure))),
  ]);
  return table(
    ['per callback (the first five: ms of processor time)', ...COST.map(({ head }) => head)],
    rows,
  );
}

/** Queues are compared with the obvious design on PostgreSQL. */
export function comparedWithObvious(results: Results, { name }: ContenderResults, place: Place) {
  const against = place.engine === 'queues' ? 'temporal-postgres' : place.engine;
  return ratio(results, { ...place, of: name, to: 'obvious', against, figure: finishedPerSecond });
}

function measured({ contenders }: Results, engines: readonly Engine[], pairs: number) {
  return engines.flatMap((engine) =>
    contenders
      .filter(({ measurements }) =>
        measurements.some((each) => each.engine === engine && each.pairs === pairs),
      )
      .map((contender) => ({ contender, engine })),
  );
}

function mark({ faults }: ContenderResults): string {
  return faults.length > 0 ? ' **FAULTY, see the notes**' : '';
}

/** Three significant digits, or whole numbers with their thousands apart. */
export function readable(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

export function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
