import type { Results } from '../results.ts';
import { type Figure, type Ratio, ratio } from './summary.ts';

/** What the journal must show, as a ratio at so many connections. */
type Claim = {
  to: string;
  figure: Figure;
  connections: number;
  text: string;
  holds: (ratio: number) => boolean;
};

const JOURNAL = 'journal';

const CLAIMS: Claim[] = [
  atLeast(0.85, 'koa-zod', '(b), which is not durable'),
  atLeast(1.5, 'koa-bullmq', '(e)'),
  below('koa-bullmq', '(e)'),
  atLeast(1.5, 'koa-postgres', '(f)'),
  below('koa-postgres', '(f)'),
];

export type Checked = {
  text: string;
  ratio: Ratio | undefined;
  verdict: 'met' | 'NOT MET' | 'not measured' | 'FAULTY';
};

/** Every claim with what was measured; a contender with faults proves nothing. */
export function checkClaims(results: Results): Checked[] {
  return CLAIMS.map(({ text, to, holds, ...at }) => {
    const names = [JOURNAL, to];
    const faulty = results.contenders.some(({ name, faults }) => names.includes(name) && faults.length > 0);
    const measured = ratio(results, { of: JOURNAL, to, ...at });
    if (faulty) return { text, ratio: measured, verdict: 'FAULTY' };
    if (!measured) return { text, ratio: undefined, verdict: 'not measured' };
    return { text, ratio: measured, verdict: holds(measured.median) ? 'met' : 'NOT MET' };
  });
}

function atLeast(least: number, to: string, name: string): Claim {
  const text = `(c) answers at least ${least} times as many callbacks a second as ${name}`;
  return { to, text, figure: 'answersPerSecond', connections: 32, holds: (measured) => measured >= least };
}

function below(to: string, name: string): Claim {
  const text = `(c)'s p99 is below that of ${name}`;
  return { to, text, figure: 'p99', connections: 32, holds: (measured) => measured < 1 };
}
