import { CancellationScope, sleep } from '@temporalio/workflow';
import { FIRST_INTERVAL_MS } from '../activity-options.ts';
import type { Batch } from './batches.ts';

/**
 * A batch that is being retried. Only the server knows whether its activity is running or waits in back-off. So a
 * command that shall end the back-off cancels the activity in both cases.
 */
export class BatchRetry {
  readonly batch: Batch;
  isCancelled = false;
  readonly #scope = new CancellationScope();
  readonly #startedAt = Date.now();

  constructor(batch: Batch) {
    this.batch = batch;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#scope.run(work);
  }

  /**
   * Waits as the server would wait before the next attempt. {@link cancel} ends the wait.
   *
   * @throws when the workflow was cancelled
   */
  async backOff(ms: number): Promise<void> {
    try {
      await this.run(() => sleep(ms, { summary: 'waits for the next try' }));
    } catch (error) {
      if (!this.isCancelled || CancellationScope.current().consideredCancelled) throw error;
    }
  }

  /** False for a retry that has just begun: it is not in back-off yet, so a repeated command cancels nothing. */
  get canBeInBackOff(): boolean {
    return !this.isCancelled && Date.now() - this.#startedAt >= FIRST_INTERVAL_MS;
  }

  /** The activity still reports what it has done until then. */
  cancel(): void {
    this.isCancelled = true;
    this.#scope.cancel();
  }
}
