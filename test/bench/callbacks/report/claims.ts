import type { Results } from '../results.ts';
import {
  type Figure,
  finishedPerSecond,
  middle,
  named,
  processorOf,
  ratio,
  serverAndDatabase,
} from './summary.ts';

const UNFRIEND = 'unfriend';
const OBVIOUS = 'obvious';
const LOCAL = 'bare-threeLocalActivities';
const ENGINE = 'temporal-postgres';

type Limit = { atLeast: number } | { atMost: number };

/** What must be true on PostgreSQL, as a ratio to another contender or as a number. */
type Claim = Limit & { text: string; pairs: number; figure: Figure; to?: string };

const CLAIMS: Claim[] = [
  ...(
    [
      [1, 1.8],
      [2, 2],
      [10, 3.5],
      [1_000, 20],
    ] as const
  ).map(([pairs, atLeast]) => ({
    text: `finished callbacks per second, compared with the obvious design, at ${inPairs(pairs)}`,
    pairs,
    atLeast,
    figure: finishedPerSecond,
    to: OBVIOUS,
  })),
  ...(
    [
      [1, 0.5],
      [2, 0.35],
      [10, 0.15],
    ] as const
  ).map(([pairs, atMost]) => ({
    text: `processor time of server and database per callback, compared with the obvious design, at ${inPairs(pairs)}`,
    pairs,
    atMost,
    figure: serverAndDatabase,
    to: OBVIOUS,
  })),
  {
    text: 'processor time of the worker per callback, compared with a bare workflow of three no-op local activities, at 1 pair',
    pairs: 1,
    atMost: 1.3,
    figure: processorOf('worker'),
    to: LOCAL,
  },
  { text: 'events of a callback at 2 pairs', pairs: 2, atMost: 13, figure: ({ history }) => history?.events },
  {
    text: 'billed actions of a callback at 2 pairs',
    pairs: 2,
    atMost: 3,
    figure: ({ history }) => history?.actions,
  },
];

export type Checked = {
  text: string;
  wanted: string;
  measured: string;
  /** Over the rounds. */
  range: string;
  verdict: 'met' | 'NOT MET' | 'not measured' | 'FAULTY';
};

/** Every claim with what was measured; a contender with faults proves nothing. */
export function checkClaims(results: Results): Checked[] {
  return CLAIMS.map((claim) => {
    const { text, pairs, figure, to } = claim;
    const place = { engine: ENGINE, pairs } as const;
    const unit = to ? '×' : '';
    const wanted = 'atLeast' in claim ? `at least ${claim.atLeast}${unit}` : `at most ${claim.atMost}${unit}`;
    const compared = to ? ratio(results, { ...place, of: UNFRIEND, to, figure }) : undefined;
    const value = to ? compared?.median : middle(named(results, UNFRIEND), place, figure);
    if (value === undefined) return { text, wanted, measured: '–', range: '–', verdict: 'not measured' };
    const range = compared ? `${compared.lowest.toFixed(2)}×–${compared.highest.toFixed(2)}×` : '';
    const measured = to ? `${value.toFixed(2)}×` : `${value}`;
    return { text, wanted, measured, range, verdict: verdictOf(results, claim, value) };
  });
}

function verdictOf(results: Results, claim: Claim, value: number): Checked['verdict'] {
  const isFaulty = [UNFRIEND, claim.to].some((name) => name && named(results, name)?.faults.length);
  if (isFaulty) return 'FAULTY';
  return ('atLeast' in claim ? value >= claim.atLeast : value <= claim.atMost) ? 'met' : 'NOT MET';
}

export function inPairs(pairs: number): string {
  return pairs === 1 ? '1 pair' : `${pairs.toLocaleString('en')} pairs`;
}
