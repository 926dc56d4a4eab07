import { CancellationScope } from '@temporalio/workflow';
import { FIRST_INTERVAL_MS } from './activity-options.ts';
import type { Batch } from './batches.ts';

/** An activity of the retries. Whether it is under way or waits in back-off only the server knows. */
export class Retry {
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

  /** Whether it can be waiting: what began just now goes anyway, so a command that is repeated ends nothing. */
  get mayWait(): boolean {
    return !this.isCancelled && Date.now() - this.#startedAt >= FIRST_INTERVAL_MS;
  }

  /** Its activity still tells what it did. */
  cancel(): void {
    this.isCancelled = true;
    this.#scope.cancel();
  }
}
