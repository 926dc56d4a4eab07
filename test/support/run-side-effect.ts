import { MockActivityEnvironment } from '@temporalio/testing';
import { asActivity } from '../../activities/as-activity.ts';
import type { Backends } from '../../activities/backends/index.ts';
import type { SideEffectDefinition } from '../../activities/side-effect.ts';
import type { Message, PairOutcome, SideEffectActivity, SideEffectInput } from '../../workflows/contract.ts';

/** Runs a side effect as a worker would, on these backends alone. */
export function runnerOf({ name, create, isFenced }: SideEffectDefinition, backends: Partial<Backends>) {
  const all = { ...NO_BACKENDS, ...backends };
  const activity = asActivity(name, create(all), isFenced ? all.fence : null);
  return (input: SideEffectInput, info = {}): Promise<PairOutcome[]> =>
    new MockActivityEnvironment(info).run<[SideEffectInput], PairOutcome[], SideEffectActivity>(
      activity,
      input,
    );
}

export const NO_BACKENDS: Backends = {
  caches: null,
  cacheKeys: ['friends:{From_Account}'],
  searchIndex: null,
  documentId: '{From_Account}:{To_Account}',
  messenger: null,
  backendWebhook: null,
  endpoint: null,
  fence: null,
};

/** An input of one message that carries all the pairs. */
export function carriedBy(message: Message, input: SideEffectInput): SideEffectInput {
  return { ...input, messages: [{ ...message, pairs: input.pairs.length }] };
}

/** `done cleared`, `failed Rejected`. */
export function describeOutcomes(outcomes: PairOutcome[]): string[] {
  return outcomes.map((outcome) =>
    outcome.status === 'done' ? `done ${outcome.detail}` : `failed ${outcome.error.type}`,
  );
}
