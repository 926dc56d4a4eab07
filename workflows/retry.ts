import { CancellationScope, sleep } from '@temporalio/workflow';
import { FIRST_INTERVAL_MS } from './activity-options.ts';
import type { Batch } from './batches.ts';

/** A batch that is tried again. Whether its activity it is under way or waits in back-off only the server knows. */
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

  /** Waits as the server would, unless it is cancelled. Throws when the workflow was. */
  async wait(ms: number): Promise<void> {
    try {
      await this.run(() => sleep(ms, { summary: 'waits for the next try' }));
    } catch (error) {
      if (!this.isCancelled || CancellationScope.current().consideredCancelled) throw error;
    }
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
