import { countedIn } from '../planning/units.ts';
import { type ActivityResult, resultsOfUnits } from './activity-result.ts';
import type { Batch } from './batches.ts';
import type { SideEffectState } from './state.ts';

/** `retryableAs`: the new status of a unit that failed, if another attempt can help. */
export type ClosedBatch = { batch: Batch; result: ActivityResult; retryableAs: 'retrying' | 'parked' };

/**
 * Records in `state` what an activity did for each unit of its batch.
 *
 * @returns the units that failed and are retrying now
 */
export function recordResults(state: SideEffectState, { batch, result, retryableAs }: ClosedBatch): Batch {
  const sizes = batch.map((unit) => countedIn(state.unitAt(unit)).length);
  const results = resultsOfUnits(result, sizes);
  const retrying: number[] = [];
  for (const [index, unit] of batch.entries()) {
    const unitResult = results[index];
    if (unitResult === undefined) continue;
    if (unitResult === 'done' || unitResult === 'befriended') {
      state.succeed(unit, unitResult);
      continue;
    }
    const status = unitResult.retryable ? retryableAs : 'parked';
    const attempts = state.attempts(unit) + unitResult.attempts;
    state.fail(unit, status, { ...unitResult, attempts });
    if (status === 'retrying') retrying.push(unit);
  }
  return retrying;
}
