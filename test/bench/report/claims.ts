import { AT_A_RATE, type Results } from '../results.ts';
import { type Figure, type Ratio, ratio } from './summary.ts';

/** Two contenders under one load. */
type Compared = { of: string; to: string; load: string };

/** What the journal must show, as a ratio. */
type Claim = Compared & {
  figure: Figure;
  text: string;
  holds: (ratio: number) => boolean;
};

/** The names of contenders, and how claims call them. */
const NAMES: Record<string, string> = {
  journal: '(c)',
  'journal-alone': '(c′)',
  'koa-zod': '(b), which is not durable',
  'koa-bullmq': '(e)',
  'koa-postgres': '(f)',
};

/**
 * (c′) is the fair comparison here: (e) and (f) hand over nothing either. (c) shares the processor with Temporal, and
 * its dispatcher does not rest while callbacks come.
 */
const AS_ANSWERED = ['journal-alone', 'journal'].flatMap((of) => [
  atLeast(0.85, { of, to: 'koa-zod', load: '32 connections' }),
  atLeast(1.5, { of, to: 'koa-bullmq', load: '32 connections' }),
  below({ of, to: 'koa-bullmq', load: '32 connections' }),
  atLeast(1.5, { of, to: 'koa-postgres', load: '32 connections' }),
  below({ of, to: 'koa-postgres', load: '32 connections' }),
]);

const CLAIMS: Claim[] = [
  ...AS_ANSWERED,
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
      ({ name, faults }) => [of, to].includes(name) && faults.length > 0,
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
