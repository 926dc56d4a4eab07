import type { ActivityOptions } from '@temporalio/common';
import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import { FIRST_PASS, retryPass } from './activity-options.ts';
import type { FriendDeletedInput, SideEffect, SideEffectInput } from './contract.ts';
import { readFailure } from './failures.ts';
import { Lanes } from './lanes.ts';
import type { SideEffectState } from './progress.ts';

/**
 * Temporal's limit is 2,000 a workflow, and the 2,001st wedges it for good. Shared out evenly, half of each
 * share for retries, so that what waits in back-off never takes the place of what was not tried yet.
 */
const MAX_PENDING_ACTIVITIES = 500;

/** Temporal takes no longer summary. */
const MAX_SUMMARY_LENGTH = 120;

const activities = proxyActivities<Record<string, SideEffect>>(FIRST_PASS);

/**
 * One side effect of a delivery. First pass: each unit is tried once. What failed gets an activity of its own,
 * which the server retries; what is still undone then, or cannot succeed by itself, is parked.
 */
export class SideEffectRun {
  /** Whether it ended early, with units left for the next run. */
  interrupted = false;
  readonly #state: SideEffectState;
  readonly #input: FriendDeletedInput;
  readonly #changed: () => void;
  readonly #firstPass: Lanes<number>;
  readonly #retries: Lanes<number>;
  readonly #retryScope = new CancellationScope();

  constructor(state: SideEffectState, input: FriendDeletedInput, changed: () => void) {
    this.#state = state;
    this.#input = input;
    this.#changed = changed;
    const limit = Math.floor(MAX_PENDING_ACTIVITIES / (2 * input.plan.sideEffects.length));
    this.#firstPass = new Lanes(limit, (unit) => this.#tryOnce(unit));
    this.#retries = new Lanes(limit, (unit) => this.#retry(unit));
  }

  /** Starts, and returns when every unit is done or parked, or when the run was interrupted. */
  async finished(): Promise<void> {
    this.#retries.add(...this.#state.unitsMarked('retrying'));
    this.#firstPass.add(...this.#state.unitsMarked('pending'));
    await this.#firstPass.drained();
    await this.#retries.drained();
  }

  /** Starts nothing new, waits for what is being tried, and leaves what waits in back-off to the next run. */
  interrupt(): void {
    if (this.interrupted) return;
    this.interrupted = true;
    this.#firstPass.stop();
    this.#retries.stop();
    this.#retryScope.cancel();
  }

  async #tryOnce(unit: number): Promise<void> {
    try {
      await this.#execute(unit, FIRST_PASS);
      this.#state.succeed(unit);
    } catch (error) {
      if (isCancellation(error)) throw error;
      const failure = readFailure(error);
      this.#state.fail(unit, failure.retryable ? 'retrying' : 'parked', failure);
      if (failure.retryable && !this.interrupted) this.#retries.add(unit);
    }
    this.#changed();
  }

  async #retry(unit: number): Promise<void> {
    const earlier = this.#state.attempts(unit);
    try {
      await this.#retryScope.run(() => this.#execute(unit, retryPass(this.#input.plan.retryFor)));
      this.#state.succeed(unit);
    } catch (error) {
      if (isCancellation(error)) {
        const workflowCancelled = CancellationScope.current().consideredCancelled;
        if (this.interrupted && !workflowCancelled) return;
        throw error;
      }
      const failure = readFailure(error);
      this.#state.fail(unit, 'parked', { ...failure, attempts: earlier + failure.attempts });
    }
    this.#changed();
  }

  async #execute(unit: number, options: ActivityOptions): Promise<void> {
    const planned = this.#state.units[unit];
    const activity = activities[this.#state.name];
    if (!planned || !activity) throw new RangeError(`no unit ${unit} of ${this.#state.name}`);
    const input: SideEffectInput = {
      delivery: this.#input.delivery,
      pairs: planned.pairs.map((pair) => this.#input.pairs[pair]).filter((pair) => pair !== undefined),
      ...(planned.message && { messages: [{ ...planned.message, pairs: planned.pairs.length }] }),
    };
    await activity.executeWithOptions({ ...options, summary: planned.summary.slice(0, MAX_SUMMARY_LENGTH) }, [
      input,
    ]);
  }
}
