import { CancellationScope, sleep } from '@temporalio/workflow';
import type { Batch } from './batches.ts';

/**
 * A batch that is being retried. Only the server knows whether its activity is running or waits in back-off. So a
 * command that shall end the back-off cancels the activity in both cases.
 */
export class BatchRetry {
  readonly batch: Batch;
  isCancelled = false;
  readonly #scope = new CancellationScope();

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

  /** The activity still reports what it has done until then. */
  cancel(): void {
    this.isCancelled = true;
    this.#scope.cancel();
  }
}
