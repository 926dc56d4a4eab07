import { activityInfo, Context, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import pMap from 'p-map';
import type { Message, Outcome, SideEffect, SideEffectInput } from '../workflows/contract.ts';
import { OutcomeBook } from './outcome-book.ts';
import { type Act, idempotencyKey } from './side-effect.ts';

/** Calls of one activity under way at once. */
const CALLS_AT_ONCE = 8;

/** After so many failures in a row the backend is taken to be down: the rest waits for the next attempt. */
const FAILURES_IN_A_ROW = 5;

/** Well within a batch's heartbeat timeout; also how soon an activity under way hears that it is cancelled. */
const HEARTBEAT_EVERY_MS = 2_000;

/** A pair or a message of the input, with the positions of its pairs. */
type InputUnit = { pairs: number[]; message?: Message };

/**
 * Makes an activity of what a side effect does: one pair, one message or a batch of them. What is done is told by
 * heartbeats, so that the next attempt goes on where this one was; switched off, everything is done by doing
 * nothing.
 */
export function asActivity(name: string, act: Act | null): SideEffect {
  return async (input) => {
    const { attempt, heartbeatDetails } = activityInfo();
    const units = unitsOf(input);
    const about = { pairs: input.pairs.length, units: units.length, attempt };
    const book = new OutcomeBook(about, heartbeatDetails);
    const startedAt = performance.now();
    await withHeartbeats(book, async () => {
      if (!act) book.done([...input.pairs.keys()], 'off');
      else if ('all' in act) await runAll(act, input, book);
      else await runEach(act, { name, input, units }, book);
    });
    const summary = {
      ...{ sideEffect: name, deliveryId: input.delivery.deliveryId, pairs: input.pairs.length },
      ms: Math.round(performance.now() - startedAt),
      outcome: countOutcomes(book.outcomes),
    };
    try {
      const outcomes = book.close(cancellationSignal());
      log.info('side effect ended', summary);
      return outcomes;
    } catch (failure) {
      // The SDK throttles heartbeats, but sends the last one with a failure: the next attempt goes on from there.
      if (units.length > 1) heartbeat([...book.outcomes]);
      log.warn('side effect failed', { ...summary, error: String(failure) });
      throw failure;
    }
  };
}

/** None at once: most activities are over before, and each heartbeat is a call to the server. */
async function withHeartbeats(book: OutcomeBook, run: () => Promise<void>): Promise<void> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat([...book.outcomes]), HEARTBEAT_EVERY_MS);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
}

function unitsOf({ pairs, messages }: SideEffectInput): InputUnit[] {
  if (!messages) return pairs.map((_, index) => ({ pairs: [index] }));
  let next = 0;
  return messages.map(({ pairs: count, ...message }) => {
    const first = next;
    next += count;
    return { message, pairs: Array.from({ length: count }, (_, index) => first + index) };
  });
}

async function runAll(
  { all }: Extract<Act, { all: unknown }>,
  { delivery, pairs }: SideEffectInput,
  book: OutcomeBook,
): Promise<void> {
  const open = pairs.map((pair, index) => ({ pair, index })).filter(({ index }) => !book.outcomes[index]);
  if (open.length === 0) return;
  try {
    const results = await all({
      ...{ delivery, pairs: open.map(({ pair }) => pair), signal: cancellationSignal() },
    });
    for (const [position, { index }] of open.entries()) {
      const result = results[position] ?? new Error(`no outcome of pair ${index}`);
      if (typeof result === 'string') book.done([index], result);
      else book.fail([index], result);
    }
  } catch (error) {
    const indices = open.map(({ index }) => index);
    book.fail(indices, error);
  }
}

async function runEach(
  { each }: Extract<Act, { each: unknown }>,
  { name, input, units }: { name: string; input: SideEffectInput; units: InputUnit[] },
  book: OutcomeBook,
): Promise<void> {
  const { delivery } = input;
  const signal = cancellationSignal();
  let failedInARow = 0;
  const run = async ({ pairs: indices, message }: InputUnit) => {
    if (failedInARow >= FAILURES_IN_A_ROW || signal.aborted) return;
    const call = {
      ...{ delivery, pairs: indices.flatMap((index) => input.pairs[index] ?? []), signal },
      ...(message && { message }),
    };
    try {
      book.done(indices, await each({ ...call, key: idempotencyKey(name, call) }));
      failedInARow = 0;
    } catch (error) {
      failedInARow = book.fail(indices, error) ? failedInARow + 1 : 0;
    }
  };
  const open = units.filter(({ pairs }) => pairs.some((index) => !book.outcomes[index]));
  await pMap(open, run, { concurrency: CALLS_AT_ONCE });
}

/** `{ deleted: 2, absent: 1 }` */
function countOutcomes(outcomes: readonly (Outcome | null)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    const what = outcome ? (outcome.status === 'done' ? outcome.detail : outcome.status) : 'not done';
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
