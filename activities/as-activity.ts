import { activityInfo, Context, cancellationSignal, heartbeat } from '@temporalio/activity';
import pMap from 'p-map';
import type { Message, RelayedCallback, SideEffectActivity, SideEffectInput } from '../workflows/contract.ts';
import { ActivityOutcomes } from './activity-outcomes.ts';
import { idempotencyKey, type SideEffectImplementation } from './side-effect.ts';

/** How many calls of one activity run at the same time. */
const CALLS_AT_ONCE = 8;

/** After this many failures in a row the backend counts as down, and the rest is left to the next attempt. */
const FAILURES_IN_A_ROW = 5;

/** Well below the heartbeat timeout of a batch. A running activity learns only by a heartbeat that it is cancelled. */
const HEARTBEAT_EVERY_MS = 2_000;

/** A pair, a message or the callback, with the positions of its outcomes. Those of pairs are as in the input. */
type InputUnit = { outcomes: number[]; message?: Message; callback?: RelayedCallback };

/**
 * Makes the activity of a side effect. It does one unit or a batch. Its heartbeats contain what is done, so the next
 * attempt continues from there. A side effect that is switched off (null) is done by doing nothing.
 */
export function asActivity(
  name: string,
  implementation: SideEffectImplementation | null,
): SideEffectActivity {
  return async (input) => {
    const { attempt, heartbeatDetails } = activityInfo();
    const units = unitsOf(input);
    const total = units.reduce((sum, { outcomes }) => sum + outcomes.length, 0);
    const activity = { outcomes: total, units: units.length, attempt };
    const outcomes = new ActivityOutcomes(activity, heartbeatDetails);
    await withHeartbeats(outcomes, async () => {
      if (!implementation) outcomes.succeed([...outcomes.outcomes.keys()], 'off');
      else if ('all' in implementation) await callAll(implementation, input, outcomes);
      else await callEach(implementation, { name, input, units }, outcomes);
    });
    try {
      return outcomes.finish(cancellationSignal());
    } catch (failure) {
      // The SDK throttles heartbeats, but always sends the last one before a failure: the next attempt reads it.
      if (units.length > 1) heartbeat([...outcomes.outcomes]);
      throw failure;
    }
  };
}

/** The first heartbeat comes late on purpose: most activities end before it, and each one is a call to the server. */
async function withHeartbeats(outcomes: ActivityOutcomes, run: () => Promise<void>): Promise<void> {
  const context = Context.current();
  const timer = setInterval(() => context.heartbeat([...outcomes.outcomes]), HEARTBEAT_EVERY_MS);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
}

function unitsOf({ pairs, messages, callback }: SideEffectInput): InputUnit[] {
  if (callback) return [{ callback, outcomes: [0] }];
  if (!messages) return pairs.map((_, index) => ({ outcomes: [index] }));
  let next = 0;
  return messages.map(({ pairs: count, ...message }) => {
    const first = next;
    next += count;
    return { message, outcomes: Array.from({ length: count }, (_, index) => first + index) };
  });
}

async function callAll(
  { all }: Extract<SideEffectImplementation, { all: unknown }>,
  { delivery, pairs }: SideEffectInput,
  outcomes: ActivityOutcomes,
): Promise<void> {
  const open = pairs.map((pair, index) => ({ pair, index })).filter(({ index }) => !outcomes.outcomes[index]);
  if (open.length === 0) return;
  try {
    const call = { delivery, pairs: open.map(({ pair }) => pair), signal: cancellationSignal() };
    const results = await all(call);
    for (const [position, { index }] of open.entries()) {
      const result = results[position] ?? new Error(`no outcome of pair ${index}`);
      if (typeof result === 'string') outcomes.succeed([index], result);
      else outcomes.fail([index], result);
    }
  } catch (error) {
    const indices = open.map(({ index }) => index);
    outcomes.fail(indices, error);
  }
}

async function callEach(
  { each }: Extract<SideEffectImplementation, { each: unknown }>,
  { name, input, units }: { name: string; input: SideEffectInput; units: InputUnit[] },
  outcomes: ActivityOutcomes,
): Promise<void> {
  const { delivery } = input;
  const signal = cancellationSignal();
  let failedInARow = 0;
  const run = async ({ outcomes: indices, message, callback }: InputUnit) => {
    if (failedInARow >= FAILURES_IN_A_ROW || signal.aborted) return;
    const pairs = indices.flatMap((index) => input.pairs[index] ?? []);
    const call = { delivery, pairs, signal, ...(message && { message }), ...(callback && { callback }) };
    try {
      outcomes.succeed(indices, await each({ ...call, key: idempotencyKey(name, call) }));
      failedInARow = 0;
    } catch (error) {
      failedInARow = outcomes.fail(indices, error) ? failedInARow + 1 : 0;
    }
  };
  const open = units.filter((unit) => unit.outcomes.some((index) => !outcomes.outcomes[index]));
  await pMap(open, run, { concurrency: CALLS_AT_ONCE });
}
