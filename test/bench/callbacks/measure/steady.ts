import { percentile } from '../../statistics.ts';
import { type Callback, freshCallbacks } from '../callback.ts';
import { sendSteadily } from '../load/send.ts';
import type { Steady } from '../results.ts';
import { faultsOf, prepare, type Subject, untilDone } from './burst.ts';

/**
 * How many callbacks per second, by their pairs: well below what the slowest contender does on PostgreSQL. A callback of
 * more pairs takes too long for a rate.
 */
const RATES: Record<number, number> = { 1: 8, 2: 5, 10: 1 };

/** @returns undefined where there is no rate for so many pairs */
export async function measureSteadily(
  subject: Subject,
  { pairs, seconds }: { pairs: number; seconds: number },
): Promise<{ steady: Steady; faults: string[] } | undefined> {
  const rate = RATES[pairs];
  if (rate === undefined) return undefined;
  const callbacks = freshCallbacks(Math.ceil(rate * seconds), pairs);
  await prepare(subject, callbacks);
  const before = await subject.running.countFinished();
  const send = (url: string, each: readonly Callback[]) => sendSteadily(url, each, rate);
  const { sent, finished } = await untilDone(subject.running, { callbacks, before, send });
  const answers: number[] = [];
  const done: number[] = [];
  for (const [id, { sentAt, answeredAt }] of sent) {
    answers.push(answeredAt - sentAt);
    // A workflow that is started before the answer can be done before it too.
    done.push(Math.max(0, (finished.get(id) ?? Number.NaN) - answeredAt));
  }
  const steady = { rate, callbacks: callbacks.length, answer: summary(answers), done: summary(done) };
  return { steady, faults: await faultsOf(subject, callbacks) };
}

function summary(times: number[]) {
  const sorted = times.toSorted((a, b) => a - b);
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) };
}
