import { Gauge, type Registry } from 'prom-client';

const TASK_KINDS = ['workflow', 'activity'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];

/** The state of the task queue for one kind of task. */
export type QueueState = { pollers: number; backlog: number; backlogAgeSeconds: number };

/** How many deliveries wait for a person, ended with side effects undone, or may do so soon. */
export type ParkedState = {
  parked: number;
  oldestAgeSeconds: number;
  abandoned: number;
  /** Deliveries that the server retries by itself. */
  retrying: number;
};

/** Metrics of deliveries and workers as Temporal knows them; docs/monitoring.md lists them. An unknown value is NaN. */
export class TemporalMetrics {
  readonly #reachable: Gauge;
  readonly #parked: Record<keyof ParkedState, Gauge>;
  readonly #queue: Record<keyof QueueState, Gauge<'kind'>>;

  constructor(registry: Registry) {
    const registers = [registry];
    const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
    const byKind = (name: string, help: string) =>
      new Gauge({ name, help, registers, labelNames: ['kind'] as const });
    this.#reachable = gauge('unfriend_temporal_reachable', 'Whether Temporal answered when last asked');
    this.#parked = {
      parked: gauge(
        'unfriend_deliveries_parked',
        'Deliveries that wait for a person: something is parked, or they are paused',
      ),
      oldestAgeSeconds: gauge(
        'unfriend_deliveries_parked_oldest_age_seconds',
        'How long the oldest delivery that waits for a person has been in Temporal, in seconds',
      ),
      retrying: gauge(
        'unfriend_deliveries_retrying',
        'Deliveries with a side effect that failed and is retried by itself, and with nothing parked',
      ),
      abandoned: gauge(
        'unfriend_deliveries_abandoned',
        'Deliveries that failed or were ended with side effects undone, and that nobody has retried or dismissed since',
      ),
    };
    this.#queue = {
      pollers: byKind(
        'unfriend_workers_polling',
        'Workers that polled the task queue lately, and whose version gets work',
      ),
      backlog: byKind('unfriend_task_queue_backlog', 'Tasks that wait for a worker, about'),
      backlogAgeSeconds: byKind(
        'unfriend_task_queue_backlog_age_seconds',
        'How long the oldest task waits for a worker, in seconds',
      ),
    };
    this.#reachable.set(Number.NaN);
    this.setParked(undefined);
    for (const kind of TASK_KINDS) this.setQueue(kind, undefined);
  }

  setReachable(isReachable: boolean): void {
    this.#reachable.set(isReachable ? 1 : 0);
  }

  setParked(state: ParkedState | undefined): void {
    for (const [name, gauge] of entries(this.#parked)) gauge.set(state?.[name] ?? Number.NaN);
  }

  setQueue(kind: TaskKind, state: QueueState | undefined): void {
    for (const [name, gauge] of entries(this.#queue)) gauge.labels(kind).set(state?.[name] ?? Number.NaN);
  }
}

function entries<K extends string, V>(record: Record<K, V>): [K, V][] {
  return Object.entries(record) as [K, V][];
}
