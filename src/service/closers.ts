import type { Logger } from '../telemetry/logger.ts';

/** How to stop. `drain`: first give load balancers and peers time to go elsewhere. */
export type StopOptions = { drain: boolean };

type Close = (how: StopOptions) => Promise<void>;

/** The parts to close at a stop. A part that fails to close does not keep the others open. */
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
   * Closes one part after the other. The last one added closes first.
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
