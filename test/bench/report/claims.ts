import { AT_A_RATE, type Results } from '../results.ts';
import { type Figure, type Ratio, ratio } from './summary.ts';

/** The names of contenders, and how claims call them. */
const NAMES = {
  journal: '(c)',
  'journal-alone': '(c′)',
  'koa-zod': '(b), which is not durable',
  'koa-bullmq': '(e)',
  'koa-postgres': '(f)',
} as const;

type Name = keyof typeof NAMES;

/** Two contenders under one load. */
type Compared = { of: Name; to: Name; load: string };

/** What the journal must show, as a ratio. */
type Claim = Compared & {
  figure: Figure;
  text: string;
  holds: (ratio: number) => boolean;
};

/**
 * Under this load (e) and (f) only store callbacks. (c′) does the same and is therefore the fair comparison. (c) also starts
 * workflows, and shares the processor with Temporal.
 */
const AT_32_CONNECTIONS = (['journal-alone', 'journal'] as const).flatMap((of) => [
  atLeast(0.85, { of, to: 'koa-zod', load: '32 connections' }),
  atLeast(1.5, { of, to: 'koa-bullmq', load: '32 connections' }),
  below({ of, to: 'koa-bullmq', load: '32 connections' }),
  atLeast(1.5, { of, to: 'koa-postgres', load: '32 connections' }),
  below({ of, to: 'koa-postgres', load: '32 connections' }),
]);

const CLAIMS: Claim[] = [
  ...AT_32_CONNECTIONS,
  ...AT_A_RATE.flatMap(({ title }) => [
    atLeast(0.85, { of: 'journal', to: 'koa-zod', load: title }),
    below({ of: 'journal', to: 'koa-bullmq', load: title }),
    below({ of: 'journal', to: 'koa-postgres', load: title }),
  ]),
];

export type Checked = {
  load: string;
  text: string;
  ratio: Ratio | undefined;
  verdict: 'met' | 'NOT MET' | 'not measured' | 'FAULTY';
};

/** Every claim with what was measured; a contender with faults proves nothing. */
export function checkClaims(results: Results): Checked[] {
  return CLAIMS.map(({ text, holds, ...compared }) => {
    const { of, to, load } = compared;
    const faulty = results.contenders.some(
      ({ name, faults }) => (name === of || name === to) && faults.length > 0,
    );
    const measured = ratio(results, compared);
    const claim = { load, text };
    if (faulty) return { ...claim, ratio: measured, verdict: 'FAULTY' };
    if (!measured) return { ...claim, ratio: undefined, verdict: 'not measured' };
    return { ...claim, ratio: measured, verdict: holds(measured.median) ? 'met' : 'NOT MET' };
  });
}

function atLeast(least: number, compared: Compared): Claim {
  const { of, to } = compared;
  const text = `${NAMES[of]} answers at least ${least} times as many callbacks a second as ${NAMES[to]}`;
  return { ...compared, text, figure: 'answersPerSecond', holds: (measured) => measured >= least };
}

function below(compared: Compared): Claim {
  const { of, to } = compared;
  const text = `${NAMES[of]}'s p99 is below that of ${NAMES[to]}`;
  return { ...compared, text, figure: 'p99', holds: (measured) => measured < 1 };
}
