import { activityInfo, Context, cancellationSignal, heartbeat } from '@temporalio/activity';
import pMap from 'p-map';
import type { SideEffectActivity, SideEffectInput } from '../workflows/contract.ts';
import { ActivityOutcomes } from './activity-outcomes.ts';
import type { Fence } from './backends/friendships.ts';
import { type InputUnit, unitsOf } from './input-units.ts';
import { passFence } from './pass-fence.ts';
import { idempotencyKey, type SideEffectImplementation } from './side-effect.ts';

/** How many calls of one activity run at the same time. */
const CALLS_AT_ONCE = 8;

/** After this many failures in a row the backend counts as down, and the rest is left to the next attempt. */
const FAILURES_IN_A_ROW = 5;

/** Well below the heartbeat timeout of a batch. A running activity learns only by a heartbeat that it is cancelled. */
const HEARTBEAT_EVERY_MS = 2_000;

/** What one attempt has to do. `units`: those that are left. */
type Attempt = { name: string; input: SideEffectInput; units: InputUnit[]; outcomes: ActivityOutcomes };

/**
 * Makes the activity of a side effect. It does one unit or a batch. Its heartbeats contain what is done, so the next
 * attempt continues from there. A side effect that is switched off (null) is done by doing nothing.
 *
 * @param fence null: also a late try is done without asking whether the two are friends again
 */
export function asActivity(
  name: string,
  implementation: SideEffectImplementation | null,
  fence: Fence | null = null,
): SideEffectActivity {
  return async (input) => {
    const { attempt, heartbeatDetails } = activityInfo();
    const units = unitsOf(input);
    const total = units.reduce((sum, { outcomes }) => sum + outcomes.length, 0);
    const activity = { outcomes: total, units: units.length, attempt };
    const outcomes = new ActivityOutcomes(activity, heartbeatDetails);
    await withHeartbeats(outcomes, async () => {
      if (!implementation) {
        outcomes.succeed([...outcomes.outcomes.keys()], 'off');
        return;
      }
      const open = units.filter((unit) => unit.outcomes.some((index) => !outcomes.outcomes[index]));
      const passing = { input, open, outcomes, signal: cancellationSignal() };
      const left = { name, input, outcomes, units: fence ? await passFence(fence, passing) : open };
      if ('all' in implementation) await callAll(implementation, left);
      else await callEach(implementation, left);
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

async function callAll(
  { all }: Extract<SideEffectImplementation, { all: unknown }>,
  { input, units, outcomes }: Attempt,
): Promise<void> {
  const { delivery } = input;
  const open = units.flatMap((unit) =>
    unit.outcomes.flatMap((index) => {
      const pair = input.pairs[index];
      return pair ? [{ pair, index }] : [];
    }),
  );
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
  { name, input, units, outcomes }: Attempt,
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
  await pMap(units, run, { concurrency: CALLS_AT_ONCE });
}
