import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { REFUSALS } from '../callback/answer.ts';
import { VERSION } from '../package-root.ts';
import { createRelayMetrics } from './relay-metrics.ts';

/**
 * The metrics of every process, and those that say something on receivers only; docs/monitoring.md lists them. One registry per
 * process, nothing global.
 *
 * @param buildId of this process's workers; absent: they have no version
 */
export function createMetrics(buildId?: string) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  addBuildInfo(registry, buildId);
  return {
    registry,
    callbacks: createCallbackCounter(registry),
    journal: createJournalMetrics(registry),
    connections: createConnectionMetrics(registry),
    relay: createRelayMetrics(registry),
    answerDuration: new Histogram({
      name: 'unfriend_callback_duration_seconds',
      help: 'From the request to its answer, in seconds; Tencent Chat waits for 2',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
      registers: [registry],
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

/** Always 1: the labels say which version runs, so that a dashboard can show an upgrade. */
function addBuildInfo(registry: Registry, buildId: string | undefined): void {
  const info = new Gauge({
    name: 'unfriend_build_info',
    help: 'Always 1; the labels say which version of Unfriend runs, and which BUILD_ID its workers have',
    labelNames: ['version', 'build_id'] as const,
    registers: [registry],
  });
  info.set({ version: VERSION, ...(buildId !== undefined && { build_id: buildId }) }, 1);
}

/** The verdicts of callbacks that were answered OK, by Unfriend or by the app's endpoint. */
export const ACKNOWLEDGED = [
  'accepted',
  'duplicate',
  'probe',
  'other-command',
  'ignored-platform',
  'passed-through',
];

/** Creates every label at 0 now: Prometheus' `increase()` misses the first sample of a new series. */
function createCallbackCounter(registry: Registry) {
  const callbacks = new Counter({
    name: 'unfriend_callbacks_total',
    help: 'Callbacks answered, by verdict',
    labelNames: ['verdict'] as const,
    registers: [registry],
  });
  for (const verdict of [...ACKNOWLEDGED, ...Object.keys(REFUSALS)]) callbacks.labels(verdict).inc(0);
  return callbacks;
}

function createConnectionMetrics(registry: Registry) {
  const registers = [registry];
  return {
    open: new Gauge({ name: 'unfriend_connections', help: 'Open connections to PORT', registers }),
    closed: new Counter({
      name: 'unfriend_connections_closed_total',
      help: 'Connections to PORT that were closed because there were too many: the idlest without a signed callback',
      registers,
    }),
    handshakesFailed: new Counter({
      name: 'unfriend_tls_handshakes_failed_total',
      help: 'Connections to PORT on which no TLS came about',
      registers,
    }),
  };
}

/** The metrics of the journal and its dispatcher. */
function createJournalMetrics(registry: Registry) {
  const registers = [registry];
  return {
    commitDuration: new Histogram({
      name: 'unfriend_journal_commit_duration_seconds',
      help: 'How long a commit of the journal took until it was on the disk, in seconds',
      buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
      registers,
    }),
    commitSize: new Histogram({
      name: 'unfriend_journal_commit_deliveries',
      help: 'Deliveries that shared one commit',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    bypassed: new Counter({
      name: 'unfriend_journal_bypassed_total',
      help: 'Callbacks that the journal could not take, so that the workflow was started before the answer',
      registers,
    }),
    dispatched: new Counter({
      name: 'unfriend_journal_dispatched_total',
      help: 'Deliveries that went from the journal to Temporal',
      registers,
    }),
    retried: new Counter({
      name: 'unfriend_journal_start_retries_total',
      help: 'Starts that Temporal did not take; they are tried again',
      registers,
    }),
    quarantined: new Counter({
      name: 'unfriend_quarantined_total',
      help: 'Callbacks and deliveries that nobody could process, kept with the reason',
      registers,
    }),
    notQuarantined: new Counter({
      name: 'unfriend_quarantine_refused_total',
      help: 'Callbacks and deliveries that nobody could process, and that the quarantine could not keep either',
      registers,
    }),
    damaged: new Counter({
      name: 'unfriend_journal_damaged_total',
      help: 'Entries lost with a damaged journal, quarantine included; 1 where it could not tell how many',
      registers,
    }),
  };
}

export type JournalMetrics = ReturnType<typeof createJournalMetrics>;

/**
 * Adds gauges of what the journal holds. They are read at each scrape. Without a journal they are 0.
 *
 * @param read returns undefined while nobody knows: then the gauges are absent
 */
export function observeJournal(
  registry: Registry,
  read: () => JournalGauges | undefined = () => NO_JOURNAL,
): void {
  const gauges: Record<string, [help: string, of: (journal: JournalGauges) => number]> = {
    unfriend_journal_available: [
      'Whether the journal takes callbacks; 0: their workflows are started before the answer',
      ({ unavailable }) => (unavailable === undefined ? 1 : 0),
    ],
    unfriend_journal_pending: [
      'Deliveries acknowledged and not yet in Temporal',
      ({ store }) => store.pendingCount,
    ],
    unfriend_journal_awaiting_key: [
      'Pending deliveries that are encrypted with a key that PAYLOAD_KEYS lacks',
      ({ store }) => store.awaitingKeyCount,
    ],
    unfriend_journal_quarantined: ['Entries in the quarantine', ({ store }) => store.quarantinedCount],
    unfriend_journal_oldest_pending_age_seconds: [
      'How long the oldest pending delivery waits, in seconds',
      ({ store }) => ageInSeconds(store.oldestPendingAt),
    ],
    unfriend_journal_disk_free_bytes: [
      "Free on the journal's disk, in bytes",
      ({ disk }) => disk?.space.free ?? 0,
    ],
    unfriend_journal_disk_reserve_bytes: [
      'With less than this free on its disk the journal takes nothing, in bytes',
      ({ disk }) => disk?.space.reserve ?? 0,
    ],
  };
  for (const [name, [help, of]] of Object.entries(gauges)) {
    const readValue = () => {
      const journal = read();
      return journal && of(journal);
    };
    observe(registry, { name, help, read: readValue });
  }
}

/** Adds a gauge that is read at each scrape. While it reads undefined, it is absent. */
function observe(
  registry: Registry,
  { name, help, read }: { name: string; help: string; read: () => number | undefined },
): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      const value = read();
      if (value === undefined) this.remove();
      else this.set(value);
    },
  });
}

function ageInSeconds(since: number | undefined): number {
  return since === undefined ? 0 : Math.max(0, (Date.now() - since) / 1000);
}

export type JournalGauges = {
  store: {
    pendingCount: number;
    awaitingKeyCount: number;
    quarantinedCount: number;
    oldestPendingAt: number | undefined;
  };
  /** Why nothing can be journaled right now. */
  unavailable: string | undefined;
  disk: { space: { free: number; reserve: number } } | undefined;
};

/** For a receiver whose journal can't be opened, or that has none. */
export const NO_JOURNAL: JournalGauges = {
  store: { pendingCount: 0, awaitingKeyCount: 0, quarantinedCount: 0, oldestPendingAt: undefined },
  unavailable: 'there is none',
  disk: undefined,
};
