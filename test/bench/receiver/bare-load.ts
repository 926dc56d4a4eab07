import type { Cleanup } from '../../support/cleanup.ts';
import { LoadGenerator } from '../load/process.ts';

export type BareJob = {
  address: string;
  /** How many starts run at the same time. */
  concurrency: number;
  seconds: number;
};

export type BareLoad = { perSecond: number; started: number };

/** Which of these is the best depends on the server and on the machine. */
const CONCURRENCIES = [2, 4, 8, 16, 32, 64];
const TRIAL_SECONDS = 4;

/** A bare client of Temporal in a process of its own, as the measure of what a server takes. */
export class BareClient {
  readonly #load: LoadGenerator<BareJob, BareLoad>;
  readonly #address: string;

  constructor(address: string, cleanup: Cleanup) {
    this.#load = new LoadGenerator<BareJob, BareLoad>(cleanup, new URL('bare-client.ts', import.meta.url));
    this.#address = address;
  }

  start(concurrency: number, seconds: number): Promise<BareLoad> {
    return this.#load.measure({ address: this.#address, concurrency, seconds });
  }

  /** How many starts at the same time give the highest rate. */
  async bestConcurrency(): Promise<number> {
    await this.start(8, TRIAL_SECONDS);
    let best = { concurrency: 1, perSecond: 0 };
    for (const concurrency of CONCURRENCIES) {
      const { perSecond } = await this.start(concurrency, TRIAL_SECONDS);
      console.error(`a bare client, ${concurrency} at the same time: ${perSecond.toFixed(0)} per second`);
      if (perSecond > best.perSecond) best = { concurrency, perSecond };
    }
    return best.concurrency;
  }
}
