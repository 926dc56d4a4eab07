import assert from 'node:assert/strict';
import type { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { asActivity } from '../../activities/as-activity.ts';
import { BackendError } from '../../activities/backends/backend.ts';
import type { SideEffectImplementation, UnitCall } from '../../activities/side-effect.ts';
import type {
  FailureDetails,
  PairOutcome,
  SideEffectActivity,
  SideEffectInput,
} from '../../workflows/contract.ts';
import { deliveryOf, largestPairs } from './inputs/deliveries.ts';

export const DONE: PairOutcome = { status: 'done', detail: 'done' };
export const down = () => new BackendError('Unreachable', 'down');

export function inputOf(count: number): SideEffectInput {
  const { delivery, pairs } = deliveryOf(largestPairs(count));
  return { delivery, pairs };
}

/** Starts an activity as a worker would. */
export function start(act: SideEffectImplementation, input: SideEffectInput, info = {}) {
  const env = new MockActivityEnvironment(info);
  const heartbeats: (PairOutcome | null)[][] = [];
  env.on('heartbeat', (details) => heartbeats.push(details));
  const result = env.run<[SideEffectInput], PairOutcome[], SideEffectActivity>(
    asActivity('test', act),
    input,
  );
  result.catch(() => undefined);
  const failure = async <T extends Error>(type: new (...args: never[]) => T): Promise<T> => {
    const error = await result.then(
      () => assert.fail('it should have failed'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof type, String(error));
    return error;
  };
  return { env, heartbeats, result, failure };
}

/** Passes the position of the unit to `each`. */
export function eachOf(
  { pairs }: SideEffectInput,
  each: (position: number, call: UnitCall) => unknown,
): SideEffectImplementation {
  return {
    async each(call) {
      await each(
        pairs.findIndex(({ to }) => to === call.pairs[0]?.to),
        call,
      );
      return 'done';
    },
  };
}

export function detailsOf(failure: ApplicationFailure | CancelledFailure): FailureDetails {
  return (failure.details as [FailureDetails])[0];
}
