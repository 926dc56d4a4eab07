import { Counter, Histogram, type Registry } from 'prom-client';

/** What became of a pair in one attempt of a side effect. */
export type AttemptResult = 'done' | 'failed' | 'retried' | 'cancelled';

/** How many details per side effect and result are counted separately; all others count as `other`. */
const MAX_DETAILS = 30;
const DETAIL = /^[A-Za-z][\w.:-]{0,39}$/;

/** A worker's metrics; docs/monitoring.md lists them. */
export class WorkerMetrics {
  readonly #pairs: Counter<'side_effect' | 'result' | 'detail'>;
  readonly #attempts: Histogram<'side_effect'>;
  readonly #deliveries: Histogram<'result'>;
  readonly #details = new Set<string>();

  /** @param sideEffects their names: each has a series from the start */
  constructor(registry: Registry, sideEffects: readonly string[]) {
    const registers = [registry];
    this.#pairs = new Counter({
      name: 'unfriend_side_effect_pairs_total',
      help: 'Pairs, by their result in an attempt of a side effect',
      labelNames: ['side_effect', 'result', 'detail'],
      registers,
    });
    this.#attempts = new Histogram({
      name: 'unfriend_side_effect_duration_seconds',
      help: 'How long an attempt of a side effect took, of one pair or message or of a batch, in seconds',
      labelNames: ['side_effect'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
      registers,
    });
    this.#deliveries = new Histogram({
      name: 'unfriend_delivery_duration_seconds',
      help: 'From the acknowledgement of a callback to the end of its workflow, in seconds',
      labelNames: ['result'],
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600, 86_400, 604_800],
      registers,
    });
    for (const sideEffect of sideEffects) this.#attempts.zero({ side_effect: sideEffect });
    for (const result of ['done', 'failed']) this.#deliveries.zero({ result });
  }

  /** @param detail what was done, or the type of the failure */
  countPairs(sideEffect: string, about: { result: AttemptResult; detail: string; count: number }): void {
    const { result, detail, count } = about;
    if (count === 0) return;
    this.#pairs.labels(sideEffect, result, this.#bounded(`${sideEffect} ${result}`, detail)).inc(count);
  }

  attempted(sideEffect: string, ms: number): void {
    this.#attempts.labels(sideEffect).observe(ms / 1000);
  }

  /** @param ms since the callback was acknowledged */
  deliveryEnded(result: 'done' | 'failed', ms: number): void {
    this.#deliveries.labels(result).observe(Math.max(0, ms) / 1000);
  }

  /** Each label value is a time series that stays for good, and an app's own side effect can report any detail. */
  #bounded(of: string, detail: string): string {
    if (!DETAIL.test(detail)) return 'other';
    const key = `${of} ${detail}`;
    if (this.#details.has(key)) return detail;
    const known = [...this.#details].filter((each) => each.startsWith(`${of} `)).length;
    if (known >= MAX_DETAILS) return 'other';
    this.#details.add(key);
    return detail;
  }
}
