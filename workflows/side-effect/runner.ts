import { FIRST_INTERVAL_MS, firstPass, localFirstPass, retryPass } from '../activity-options.ts';
import type { SideEffectInput } from '../contract.ts';
import type { PlannedDelivery } from '../planning/planned-delivery.ts';
import type { Unit } from '../planning/units.ts';
import type { ActivityResult } from './activity-result.ts';
import { BatchRetry } from './batch-retry.ts';
import { type Batch, cutBatches, describeBatch } from './batches.ts';
import { recordResults } from './record-results.ts';
import { resultOf, scheduleActivity, scheduleLocalActivity } from './run-activity.ts';
import type { SideEffectState } from './state.ts';
import { WorkQueue } from './work-queue.ts';

/**
 * Temporal allows 2,000 pending activities per workflow; one more blocks the workflow for ever. The side effects of a
 * delivery share the number below equally. Half of each share is for retries, so that retries in back-off never take
 * the place of a first try.
 */
const MAX_PENDING_ACTIVITIES = 500;

/** Temporal refuses longer summaries. */
const MAX_SUMMARY_LENGTH = 120;

type RunnerOptions = {
  planned: PlannedDelivery;
  /** How long the server goes on retrying, in ms. */
  retryFor: number;
  /** Called after the status of a unit has changed. */
  onChange: () => void;
};

/**
 * Does one side effect of a delivery. First pass: every unit is tried once, in a local activity if the plan says so; in
 * a large delivery one activity does many units. Retry pass: the server retries the failed units; a few units have an
 * activity each, many share one. A unit that still fails then, or that no retry can help, is parked until a person acts.
 */
export class SideEffectRunner {
  /** Whether it was stopped for continue-as-new. The next run continues with the units that are not done. */
  isStopped = false;
  readonly #state: SideEffectState;
  readonly #planned: PlannedDelivery;
  readonly #retryFor: number;
  readonly #onChange: () => void;
  readonly #firstPass: WorkQueue<Batch>;
  readonly #retries: WorkQueue<Batch>;
  readonly #runningRetries = new Set<BatchRetry>();
  /**
   * When a command last had a unit retried, in ms. Only commands and ends of activities of the server set it: after a
   * local activity, a replay can have another time than the first run had, and would decide differently.
   */
  readonly #commandedAt = new Map<number, number>();

  constructor(state: SideEffectState, { planned, retryFor, onChange }: RunnerOptions) {
    this.#state = state;
    this.#planned = planned;
    this.#retryFor = retryFor;
    this.#onChange = onChange;
    const limit = Math.floor(MAX_PENDING_ACTIVITIES / (2 * planned.sideEffects.length));
    this.#firstPass = new WorkQueue(limit, (batch) => this.#tryOnce(batch));
    this.#retries = new WorkQueue(limit, (batch) => this.#retry(batch));
  }

  get name(): string {
    return this.#state.name;
  }

  /** Starts the first pass, and continues the retries of an earlier run. */
  start(): void {
    for (const batch of this.#cut(this.#state.unitsWith('retrying'))) this.#addRetries(batch);
    this.#firstPass.add(...this.#cut(this.#state.unitsWith('pending')));
  }

  /** Whether an activity is running or waiting to be started. */
  get isBusy(): boolean {
    return this.#firstPass.isBusy || this.#retries.isBusy;
  }

  /** Resolves when every unit is done, parked or dismissed, or when the runner was stopped. */
  async settled(): Promise<void> {
    await this.#firstPass.idle();
    await this.#retries.idle();
  }

  /**
   * Stops for continue-as-new: it starts nothing new, and waits for attempts that are running. Retries in back-off are
   * left to the next run.
   */
  stop(): void {
    if (this.isStopped) return;
    this.isStopped = true;
    this.#firstPass.dropWaiting();
    this.#retries.dropWaiting();
    for (const retry of this.#runningRetries) retry.cancel();
  }

  /**
   * Retries at once what is parked or in back-off. If a batch in back-off contains a wanted unit, the whole batch is
   * retried.
   *
   * @returns how many pairs are retried
   */
  retryFailed(isWanted: (unit: Unit) => boolean): number {
    const parked = this.#parked(isWanted);
    const inBackOff = [...this.#runningRetries].filter(
      (retry) =>
        this.#canBeInBackOff(retry) && retry.batch.some((unit) => isWanted(this.#state.unitAt(unit))),
    );
    for (const unit of parked) this.#state.retry(unit);
    this.#noteCommand(parked);
    for (const retry of inBackOff) retry.cancel();
    // After a stop the next run starts them.
    if (!this.isStopped) for (const batch of this.#cut(parked)) this.#addRetries(batch);
    return this.#state.count([...parked, ...inBackOff.flatMap(({ batch }) => this.#retrying(batch))]);
  }

  /** @returns how many pairs are dismissed */
  dismissFailed(isWanted: (unit: Unit) => boolean): number {
    const parked = this.#parked(isWanted);
    for (const unit of parked) this.#state.dismiss(unit);
    return this.#state.count(parked);
  }

  async #tryOnce(batch: Batch): Promise<void> {
    const result = await this.#firstResult(batch);
    const failed = recordResults(this.#state, { batch, result, retryableAs: 'retrying' });
    if (failed.length > 0 && !this.isStopped) this.#addRetries(failed);
    this.#onChange();
  }

  #firstResult(batch: Batch): Promise<ActivityResult> {
    const { summary, input } = this.#prepare(batch);
    if (this.#planned.isFirstPassLocal) {
      const options = { ...localFirstPass(), summary };
      return resultOf(() => scheduleLocalActivity(this.name, options, input), options);
    }
    const options = { ...firstPass(batch.length), summary };
    return resultOf(() => scheduleActivity(this.name, options, input), options);
  }

  async #retry(batch: Batch): Promise<void> {
    const { summary, input } = this.#prepare(batch);
    const options = { ...retryPass(batch.length, this.#retryFor), summary };
    const retry = new BatchRetry(batch);
    this.#runningRetries.add(retry);
    const activity = () => retry.run(() => scheduleActivity(this.name, options, input));
    const result = await resultOf(activity, options, retry);
    // After a cancellation the server stops retrying even if attempts are left. So the units stay `retrying`.
    const continues = retry.isCancelled || result.again !== undefined;
    recordResults(this.#state, { batch, result, retryableAs: continues ? 'retrying' : 'parked' });
    this.#onChange();
    if (result.again !== undefined && !retry.isCancelled) await retry.backOff(result.again);
    this.#runningRetries.delete(retry);
    if (retry.isCancelled) this.#noteCommand(batch);
    if (continues && !this.isStopped) this.#addRetries(this.#retrying(batch));
  }

  /** A person sees a unit best in an activity of its own. Units that are too many for that share one activity. */
  #addRetries(batch: Batch): void {
    if (batch.length === 0) return;
    const { batching } = this.#planned;
    const isShared = batching && batch.length > Math.min(batching.above, this.#retries.free);
    this.#retries.add(...(isShared ? [batch] : batch.map((unit) => [unit])));
  }

  #cut(units: Batch): Batch[] {
    const { batching, bytesOf } = this.#planned;
    return cutBatches(units, {
      size: batching?.size ?? 1,
      bytesOf: (unit) => bytesOf(this.#state.unitAt(unit)),
    });
  }

  /** What the activity of a batch is called with, and what people read beside it. */
  #prepare(batch: Batch): { summary: string; input: SideEffectInput } {
    return {
      summary: describeBatch(batch, this.#state.units).slice(0, MAX_SUMMARY_LENGTH),
      input: this.#planned.composeInput(batch.map((unit) => this.#state.unitAt(unit))),
    };
  }

  #noteCommand(units: Batch): void {
    for (const unit of units) this.#commandedAt.set(unit, Date.now());
  }

  /** False if a command has just had it retried: then it is not in back-off yet, so a repeated command cancels nothing. */
  #canBeInBackOff({ batch, isCancelled }: BatchRetry): boolean {
    const commandedAt = Math.max(...batch.map((unit) => this.#commandedAt.get(unit) ?? 0));
    return !isCancelled && Date.now() - commandedAt >= FIRST_INTERVAL_MS;
  }

  #retrying(batch: Batch): Batch {
    return batch.filter((unit) => this.#state.statusOf(unit) === 'retrying');
  }

  #parked(isWanted: (unit: Unit) => boolean): Batch {
    return this.#state.unitsWith('parked').filter((unit) => isWanted(this.#state.unitAt(unit)));
  }
}
