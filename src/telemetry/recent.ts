import type { Registry } from 'prom-client';
import { ACKNOWLEDGED } from './metrics.ts';

/** How often the metrics are read, in ms, and how many readings are kept: a quarter of an hour. */
const EVERY_MS = 5_000;
const KEPT = 180;

type Labels = Partial<Record<string, string | number>>;

/** `rate`: the growth of a counter per second. `value`: a gauge as it is. */
type Line = {
  label: string;
  metric: string;
  as: 'rate' | 'value';
  of?: (labels: Labels, name: string) => boolean;
};

type Chart = { title: string; unit: string; lines: Line[] };

const verdict = (isMeant: (verdict: string) => boolean) => (labels: Labels) =>
  isMeant(String(labels.verdict));
const result = (wanted: string) => (labels: Labels) => labels.result === wanted;
const countOf = (wanted: string) => (labels: Labels, name: string) =>
  name.endsWith('_count') && labels.result === wanted;

/** What a person wants to see first. A process shows the charts whose metrics it has. */
const CHARTS: readonly Chart[] = [
  {
    title: 'Callbacks answered',
    unit: 'per second',
    lines: [
      {
        label: 'OK',
        metric: 'unfriend_callbacks_total',
        as: 'rate',
        of: verdict((is) => ACKNOWLEDGED.includes(is)),
      },
      {
        label: 'refused',
        metric: 'unfriend_callbacks_total',
        as: 'rate',
        of: verdict((is) => !ACKNOWLEDGED.includes(is) && is !== 'unavailable'),
      },
      {
        label: 'lost',
        metric: 'unfriend_callbacks_total',
        as: 'rate',
        of: verdict((is) => is === 'unavailable'),
      },
    ],
  },
  {
    title: 'Handed over to Temporal',
    unit: 'deliveries per second',
    lines: [{ label: 'handed over', metric: 'unfriend_journal_dispatched_total', as: 'rate' }],
  },
  {
    title: 'Waiting in the journal',
    unit: 'deliveries',
    lines: [{ label: 'pending', metric: 'unfriend_journal_pending', as: 'value' }],
  },
  {
    title: 'Deliveries ended',
    unit: 'per second, on this worker',
    lines: [
      { label: 'done', metric: 'unfriend_delivery_duration_seconds', as: 'rate', of: countOf('done') },
      { label: 'failed', metric: 'unfriend_delivery_duration_seconds', as: 'rate', of: countOf('failed') },
    ],
  },
  {
    title: 'Side effects of pairs',
    unit: 'per second, on this worker',
    lines: [
      { label: 'done', metric: 'unfriend_side_effect_pairs_total', as: 'rate', of: result('done') },
      { label: 'retried', metric: 'unfriend_side_effect_pairs_total', as: 'rate', of: result('retried') },
      { label: 'parked', metric: 'unfriend_side_effect_pairs_total', as: 'rate', of: result('failed') },
    ],
  },
  {
    title: 'Waiting for a person',
    unit: 'deliveries, in Temporal',
    lines: [
      { label: 'parked', metric: 'unfriend_deliveries_parked', as: 'value' },
      { label: 'abandoned', metric: 'unfriend_deliveries_abandoned', as: 'value' },
      { label: 'retried by itself', metric: 'unfriend_deliveries_retrying', as: 'value' },
    ],
  },
  {
    title: 'Waiting for a worker',
    unit: 'tasks, in Temporal',
    lines: [{ label: 'backlog', metric: 'unfriend_task_queue_backlog', as: 'value' }],
  },
  {
    title: 'Processor',
    unit: 'cores in use',
    // In this order: prom-client measures both when the first one is read.
    lines: [
      { label: 'user', metric: 'process_cpu_user_seconds_total', as: 'rate' },
      { label: 'system', metric: 'process_cpu_system_seconds_total', as: 'rate' },
    ],
  },
  {
    title: 'Memory',
    unit: 'bytes',
    lines: [{ label: 'resident', metric: 'process_resident_memory_bytes', as: 'value' }],
  },
];

/** A chart as the page draws it. `values` are `everyMs` apart, the newest last; null: not known. */
export type RecentChart = {
  title: string;
  unit: string;
  lines: { label: string; values: (number | null)[] }[];
};

type Kept = { line: Line; last: number | undefined; values: (number | null)[]; isKnown: boolean };

/** Keeps the last minutes of some metrics of this process in memory, for the page of `OPS_PORT`. */
export class RecentMetrics {
  readonly everyMs = EVERY_MS;
  readonly #registry: Registry;
  readonly #charts: { chart: Chart; kept: Kept[] }[];
  #timer: NodeJS.Timeout | undefined;
  #lastAt: number | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#charts = CHARTS.map((chart) => ({
      chart,
      kept: chart.lines.map((line) => ({ line, last: undefined, values: [], isKnown: false })),
    }));
  }

  /** Reads at once, and then regularly until `stop`. */
  start(): void {
    void this.read(performance.now());
    this.#timer = setInterval(() => void this.read(performance.now()), EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The charts that have something to show. */
  get charts(): RecentChart[] {
    return this.#charts
      .map(({ chart: { title, unit }, kept }) => ({
        title,
        unit,
        lines: kept
          .filter(({ isKnown }) => isKnown)
          .map(({ line, values }) => ({ label: line.label, values: [...values] })),
      }))
      .filter(({ lines }) => lines.length > 0);
  }

  /** @param now on the monotonic clock, in ms */
  async read(now: number): Promise<void> {
    const seconds = this.#lastAt === undefined ? undefined : (now - this.#lastAt) / 1000;
    this.#lastAt = now;
    for (const { kept } of this.#charts) for (const each of kept) await this.#readLine(each, seconds);
  }

  async #readLine(kept: Kept, seconds: number | undefined): Promise<void> {
    const sum = await this.#sum(kept.line);
    const { last } = kept;
    kept.last = sum;
    if (sum !== undefined) kept.isKnown = true;
    kept.values.push(kept.line.as === 'value' ? (sum ?? null) : rateOf(sum, last, seconds));
    if (kept.values.length > KEPT) kept.values.shift();
  }

  /** Undefined: this process does not have the metric, or does not know its value now. */
  async #sum({ metric, of }: Line): Promise<number | undefined> {
    const found = await this.#registry.getSingleMetric(metric)?.get();
    const samples = found?.values.filter((sample) => {
      const name = 'metricName' in sample ? String(sample.metricName) : metric;
      return of === undefined || of(sample.labels, name);
    });
    if (!samples || samples.length === 0) return undefined;
    const sum = samples.reduce((total, { value }) => total + value, 0);
    return Number.isFinite(sum) ? sum : undefined;
  }
}

function rateOf(
  now: number | undefined,
  before: number | undefined,
  seconds: number | undefined,
): number | null {
  if (now === undefined || before === undefined || !seconds) return null;
  return Math.max(0, now - before) / seconds;
}
