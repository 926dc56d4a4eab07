import { proxySinks, type Sinks } from '@temporalio/workflow';
import type { FailureInfo } from '../contract.ts';
import type { DeliveryProgress } from './progress.ts';

/** How a run ended. `trace`: the W3C `traceparent` of what started the workflow. `pairs`: absent when it failed. */
export type RunEnd = {
  result: 'done' | 'failed' | 'continued';
  receivedAt: number;
  pairs?: number;
  trace?: string;
};

/** `befriended`: how many of the `pairs` were skipped, because the two were friends again. */
export type SideEffectDone = {
  sideEffect: string;
  pairs: number;
  befriended?: number;
  dismissed: number;
  receivedAt: number;
};

export type SideEffectParked = { sideEffect: string; error?: FailureInfo };

/**
 * The worker receives these calls outside the sandbox. They are best effort: a worker that dies loses them, and a last
 * workflow task that runs twice makes them twice. They are no commands, so a history replays with them and without them.
 */
export interface DeliverySinks extends Sinks {
  deliveries: {
    ended(end: RunEnd): void;
    sideEffectDone(report: SideEffectDone): void;
    sideEffectParked(report: SideEffectParked): void;
  };
}

export const { deliveries } = proxySinks<DeliverySinks>();

type Stage = 'busy' | 'parked' | 'done';

/** Tells the worker once when a side effect is done for every pair, and each time when it begins to wait for a person. */
export class ProgressReport {
  readonly #progress: DeliveryProgress;
  readonly #receivedAt: number;
  #stages: readonly Stage[];

  constructor(progress: DeliveryProgress, receivedAt: number) {
    this.#progress = progress;
    this.#receivedAt = receivedAt;
    // The run before has reported what this run was given as done or parked.
    this.#stages = progress.sideEffects.map(stageOf);
  }

  reportChanges(): void {
    const before = this.#stages;
    this.#stages = this.#progress.sideEffects.map(stageOf);
    for (const [index, { name, counts, lastError }] of this.#progress.sideEffects.entries()) {
      const stage = this.#stages[index];
      if (stage === before[index]) continue;
      if (stage === 'done')
        deliveries.sideEffectDone({
          sideEffect: name,
          pairs: counts.done,
          ...(counts.befriended && { befriended: counts.befriended }),
          dismissed: counts.dismissed,
          receivedAt: this.#receivedAt,
        });
      if (stage === 'parked')
        deliveries.sideEffectParked({ sideEffect: name, ...(lastError && { error: lastError }) });
    }
  }
}

function stageOf({ counts }: DeliveryProgress['sideEffects'][number]): Stage {
  if (counts.parked > 0) return 'parked';
  return counts.pending + counts.retrying > 0 ? 'busy' : 'done';
}
