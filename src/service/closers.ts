import type { Logger } from '../telemetry/logger.ts';

/** How a stop goes: `drain` gives load balancers and peers the time to go elsewhere first. */
export type StopOptions = { drain: boolean };

type Close = (how: StopOptions) => Promise<void>;

/** What has to be closed at a stop: each part, whatever became of the others. */
export class Closers {
  readonly #closers: [part: string, close: Close][] = [];
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param part its name in the log */
  add(part: string, close: Close): void {
    this.#closers.push([part, close]);
  }

  /**
   * The last one added is closed first, one after the other.
   *
   * @throws AggregateError when a part could not be closed, once all others are
   */
  async close(how: StopOptions): Promise<void> {
    const errors: unknown[] = [];
    for (let next = this.#closers.pop(); next; next = this.#closers.pop()) {
      const [part, close] = next;
      try {
        await close(how);
      } catch (error) {
        this.#logger.error({ part, err: error }, 'a part could not be closed');
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, describe(errors));
  }
}

function describe(errors: unknown[]): string {
  const reasons = errors.map((error) => (error instanceof Error ? error.message : String(error)));
  return `not everything could be closed: ${reasons.join('; ')}`;
}
