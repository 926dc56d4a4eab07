import { PAIRS, type Results } from '../results.ts';
import { inPairs } from './claims.ts';
import { type Figure, middle, named, processorOf } from './summary.ts';
import { readable, table } from './tables.ts';

/** Between these lines of the page stand the figures. */
const BEGIN = '<!-- figures of npm run bench:callbacks: begin -->';
const END = '<!-- figures of npm run bench:callbacks: end -->';

const ENGINE = 'temporal-postgres';
/** What the example is about. */
const EXAMPLE = { pairs: 2, rates: [10, 100, 1_000] };
/** What a processor should be used at most, so that a peak finds room. */
const USE = 0.6;
/** For availability: one may be down. */
const FEWEST = 2;
const DAY_SECONDS = 86_400;
/** How long one write to the example's database takes. */
const WRITE_MS = 5;

const COLUMNS = {
  receiver: { head: 'receiver ms', figure: processorOf('receiver') },
  worker: { head: 'worker ms', figure: processorOf('worker') },
  server: { head: 'Temporal server ms', figure: processorOf('server') },
  database: { head: 'PostgreSQL ms', figure: processorOf('database') },
  commits: { head: 'commits', figure: ({ burst }) => burst.database?.commits },
  walKiB: { head: 'WAL KiB', figure: ({ burst }) => burst.database?.walKiB },
  storedKiB: { head: 'stored KiB', figure: ({ burst }) => burst.database?.storedKiB },
  writes: { head: 'writes of its shard', figure: ({ history }) => history?.writes },
  actions: { head: 'billed actions', figure: ({ history }) => history?.actions },
} satisfies Record<string, { head: string; figure: Figure }>;

type Column = keyof typeof COLUMNS;

/** The page with the figures of these results instead of those that stand there. */
export function withFigures(page: string, results: Results): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/sizing.md lacks the lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${figures(results)}\n\n${page.slice(end)}`;
}

function figures(results: Results): string {
  const { cores, processor } = results.machine;
  return [
    `Measured on ${results.date.slice(0, 10)} on ${cores} cores (${processor}) that sender, Unfriend and all servers shared. For one callback:`,
    table(
      ['', ...Object.values(COLUMNS).map(({ head }) => head)],
      PAIRS.map((pairs) => [
        inPairs(pairs),
        ...(Object.keys(COLUMNS) as Column[]).map((column) => readable(perCallback(results, column, pairs))),
      ]),
    ),
    `So with callbacks of ${inPairs(EXAMPLE.pairs)}, processors used to ${USE * 100}%, and a database that needs ${WRITE_MS} ms per write:`,
    table(
      [
        'callbacks per second',
        'receivers',
        'workers',
        'cores of the Temporal server',
        'cores of PostgreSQL',
        'commits per second',
        'WAL MiB per second',
        'stored GiB per day of retention',
        'history shards, at least',
      ],
      EXAMPLE.rates.map((rate) => exampleRow(results, rate)),
    ),
  ].join('\n\n');
}

function exampleRow(results: Results, rate: number): string[] {
  const cost = (column: Column) => perCallback(results, column, EXAMPLE.pairs) ?? Number.NaN;
  const cores = (column: Column) => (rate * cost(column)) / 1_000 / USE;
  const processes = (column: Column) => Math.max(FEWEST, Math.ceil(cores(column)));
  const shards = (rate * cost('writes') * WRITE_MS) / 1_000 / USE;
  return [
    readable(rate),
    readable(processes('receiver')),
    readable(processes('worker')),
    readable(cores('server')),
    readable(cores('database')),
    readable(rate * cost('commits')),
    readable((rate * cost('walKiB')) / 1_024),
    readable((rate * cost('storedKiB') * DAY_SECONDS) / 1_024 / 1_024),
    readable(Math.ceil(shards)),
  ];
}

function perCallback(results: Results, column: Column, pairs: number): number | undefined {
  return middle(named(results, 'unfriend'), { engine: ENGINE, pairs }, COLUMNS[column].figure);
}
