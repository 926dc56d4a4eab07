import { setTimeout as delay } from 'node:timers/promises';
import type { Gauge } from 'prom-client';
import type { Backend } from '../../activities/backends/backend.ts';
import type { Logger } from '../telemetry/logger.ts';

/** How often a worker looks at its backends, in ms. */
const LOOK_EVERY_MS = 60_000;

export type BackendWatchOptions = {
  /** By the name of the side effect. */
  backends: ReadonlyMap<string, Backend>;
  reachable: Gauge<'side_effect'>;
  logger: Logger;
};

/**
 * Looks at the backends at start and now and then, so that people hear of a backend that is down before a delivery is
 * parked. It tries what `check` tries, and changes nothing.
 */
export class BackendWatch {
  readonly #options: BackendWatchOptions;
  readonly #stopping = new AbortController();
  /** What is wrong, by side effect; undefined: nothing. */
  readonly #faults = new Map<string, string | undefined>();

  constructor(options: BackendWatchOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#run();
  }

  /** Does not wait for a look that is under way: a backend may hang. */
  stop(): void {
    this.#stopping.abort();
  }

  /** In words. */
  get state(): string {
    if (this.#options.backends.size === 0) return 'none is used';
    if (this.#faults.size < this.#options.backends.size) return 'not looked at yet';
    const faults = [...this.#faults].flatMap(([name, fault]) =>
      fault === undefined ? [] : [`${name}: ${fault}`],
    );
    return faults.length === 0 ? 'all in order' : faults.join('; ');
  }

  /** Looks once at all of them. Never rejects. */
  async look(): Promise<void> {
    await Promise.all([...this.#options.backends].map(([name, backend]) => this.#lookAt(name, backend)));
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.look();
      await delay(LOOK_EVERY_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #lookAt(sideEffect: string, backend: Backend): Promise<void> {
    const { reachable, logger } = this.#options;
    const findings = await backend.check();
    if (this.#stopping.signal.aborted) return;
    const fault = findings.find(({ state }) => state === 'fault')?.message;
    reachable.labels(sideEffect).set(fault === undefined ? 1 : 0);
    const before = this.#faults.get(sideEffect);
    this.#faults.set(sideEffect, fault);
    if (fault !== undefined && fault !== before)
      logger.warn({ sideEffect, reason: fault }, 'the backend of a side effect is not in order');
    if (fault === undefined && before !== undefined)
      logger.info({ sideEffect }, 'the backend of a side effect is in order again');
  }
}
