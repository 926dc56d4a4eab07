import type { ActivityOptions } from '@temporalio/common';
import { CancellationScope, isCancellation, proxyActivities } from '@temporalio/workflow';
import { firstPass, retryPass } from './activity-options.ts';
import { type Batch, batchingOf, composeInput, cutBatches, describeBatch, unitBytes } from './batches.ts';
import type { FriendDeletedInput, Outcome, SideEffect } from './contract.ts';
import { type ClosedActivity, readFailure, resultsOf, type UnitResult } from './failures.ts';
import { Lanes } from './lanes.ts';
import { Retry } from './retry.ts';
import type { SideEffectState } from './side-effect-state.ts';
import type { Unit } from './units.ts';

/**
 * Temporal's limit is 2,000 a workflow, and the 2,001st wedges it for good. Shared out evenly, half of each
 * share for retries, so that what waits in back-off never takes the place of what was not tried yet.
 */
const MAX_PENDING_ACTIVITIES = 500;

/** Temporal takes no longer summary. */
const MAX_SUMMARY_LENGTH = 120;

const activities = proxyActivities<Record<string, SideEffect>>(firstPass(1));

/**
 * One side effect of a delivery. First pass: everything is tried once, in a large delivery many units by one
 * activity. What failed is tried again by activities that the server retries: few units by one of their own each,
 * many together. What is still undone then, or cannot succeed by itself, is parked, until a person takes it up.
 */
export class SideEffectRun {
  /** Whether it ended early, with units left for the next run. */
  interrupted = false;
  readonly #state: SideEffectState;
  readonly #input: FriendDeletedInput;
  readonly #changed: () => void;
  readonly #firstPass: Lanes<Batch>;
  readonly #retries: Lanes<Batch>;
  readonly #running = new Set<Retry>();

  constructor(state: SideEffectState, input: FriendDeletedInput, changed: () => void) {
    this.#state = state;
    this.#input = input;
    this.#changed = changed;
    const limit = Math.floor(MAX_PENDING_ACTIVITIES / (2 * input.plan.sideEffects.length));
    this.#firstPass = new Lanes(limit, (batch) => this.#tryOnce(batch));
    this.#retries = new Lanes(limit, (batch) => this.#retry(batch));
  }

  get name(): string {
    return this.#state.name;
  }

  start(): void {
    for (const batch of this.#cut(this.#state.unitsMarked('retrying'))) this.#addRetries(batch);
    this.#firstPass.add(...this.#cut(this.#state.unitsMarked('pending')));
  }

  /** Whether anything is under way, or waits to be. */
  get busy(): boolean {
    return this.#firstPass.busy || this.#retries.busy;
  }

  /** Returns when every unit is done, parked or dismissed, or when the run was interrupted. */
  async drained(): Promise<void> {
    await this.#firstPass.drained();
    await this.#retries.drained();
  }

  /** Starts nothing new, waits for what is being tried, and leaves what waits in back-off to the next run. */
  interrupt(): void {
    if (this.interrupted) return;
    this.interrupted = true;
    this.#firstPass.stop();
    this.#retries.stop();
    for (const retry of this.#running) retry.cancel();
  }

  /**
   * Tries again, at once, what is parked and what waits in back-off. A batch in back-off goes as a whole, if any of
   * it is meant.
   *
   * @returns the pairs that it is about
   */
  retryFailed(isMeant: (unit: Unit) => boolean): number {
    const parked = this.#parked(isMeant);
    const waiting = [...this.#running].filter(
      ({ mayWait, batch }) => mayWait && batch.some((unit) => isMeant(this.#unit(unit))),
    );
    for (const unit of parked) this.#state.retry(unit);
    for (const retry of waiting) retry.cancel();
    // Else the next run takes them up.
    if (!this.interrupted) for (const batch of this.#cut(parked)) this.#addRetries(batch);
    return this.#state.countPairs([...parked, ...waiting.flatMap(({ batch }) => this.#retrying(batch))]);
  }

  /** @returns the pairs that it is about */
  dismissFailed(isMeant: (unit: Unit) => boolean): number {
    const parked = this.#parked(isMeant);
    for (const unit of parked) this.#state.dismiss(unit);
    return this.#state.countPairs(parked);
  }

  async #tryOnce(batch: Batch): Promise<void> {
    const options = firstPass(batch.length);
    const closed = await this.#closed(() => this.#execute(batch, options), options);
    const failed = this.#mark(batch, closed, 'retrying');
    if (failed.length > 0 && !this.interrupted) this.#addRetries(failed);
    this.#changed();
  }

  async #retry(batch: Batch): Promise<void> {
    const options = retryPass(batch.length, this.#input.plan.retryFor);
    const retry = new Retry(batch);
    this.#running.add(retry);
    const closed = await this.#closed(() => retry.run(() => this.#execute(batch, options)), options, retry);
    // Of what is cancelled the server ends even a failure with tries left.
    const goesOn = retry.isCancelled || closed.again !== undefined;
    this.#mark(batch, closed, goesOn ? 'retrying' : 'parked');
    this.#changed();
    if (closed.again !== undefined && !retry.isCancelled) await retry.wait(closed.again);
    this.#running.delete(retry);
    if (goesOn && !this.interrupted) this.#addRetries(this.#retrying(batch));
  }

  /** Operators see a unit best by itself; but many, or more than can be under way, stay together. */
  #addRetries(batch: Batch): void {
    if (batch.length === 0) return;
    const batching = batchingOf(this.#input);
    const together = batching && batch.length > Math.min(batching.above, this.#retries.free);
    this.#retries.add(...(together ? [batch] : batch.map((unit) => [unit])));
  }

  #cut(units: Batch): Batch[] {
    const size = batchingOf(this.#input)?.size ?? 1;
    return cutBatches(units, { size, bytesOf: (unit) => unitBytes(this.#unit(unit), this.#input) });
  }

  async #execute(batch: Batch, options: ActivityOptions): Promise<Outcome[]> {
    const activity = activities[this.#state.name];
    if (!activity) throw new RangeError(`no activity ${this.#state.name}`);
    const summary = describeBatch(batch, this.#state.units).slice(0, MAX_SUMMARY_LENGTH);
    const input = composeInput(
      this.#input,
      batch.map((unit) => this.#unit(unit)),
    );
    return activity.executeWithOptions({ ...options, summary }, [input]);
  }

  /** How an activity ended. Throws when the workflow was cancelled: a retry that was is no reason to end. */
  async #closed(
    run: () => Promise<Outcome[]>,
    { retry: policy }: ActivityOptions,
    retry?: Retry,
  ): Promise<ClosedActivity> {
    try {
      return { outcomes: await run(), rest: 'done' };
    } catch (error) {
      const isExpected = retry?.isCancelled && !CancellationScope.current().consideredCancelled;
      if (isCancellation(error) && !isExpected) throw error;
      return readFailure(error, policy?.maximumAttempts);
    }
  }

  /** @returns the units that are marked as retrying now */
  #mark(batch: Batch, closed: ClosedActivity, undone: 'retrying' | 'parked'): Batch {
    const sizes = batch.map((unit) => this.#unit(unit).pairs.length);
    const results = resultsOf(closed, sizes);
    return batch.filter((unit, index) => this.#markUnit(unit, results[index], undone) === 'retrying');
  }

  #markUnit(unit: number, result: UnitResult, undone: 'retrying' | 'parked') {
    if (result === undefined) return undefined;
    if (result === 'done') {
      this.#state.succeed(unit);
      return 'done';
    }
    const mark = result.retryable ? undone : 'parked';
    const attempts = this.#state.attempts(unit) + result.attempts;
    this.#state.fail(unit, mark, { ...result, attempts });
    return mark;
  }

  #retrying(batch: Batch): Batch {
    return batch.filter((unit) => this.#state.isMarked(unit, 'retrying'));
  }

  #parked(isMeant: (unit: Unit) => boolean): Batch {
    return this.#state.unitsMarked('parked').filter((unit) => isMeant(this.#unit(unit)));
  }

  #unit(unit: number): Unit {
    const planned = this.#state.units[unit];
    if (!planned) throw new RangeError(`no unit ${unit} of ${this.#state.name}`);
    return planned;
  }
}
