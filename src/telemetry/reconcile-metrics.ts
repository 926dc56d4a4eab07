import { Counter, type Registry } from 'prom-client';
import type { ReconcileCounts } from '../../workflows/contract.ts';

/** What came of a pair that `reconcile` asked about. `ended`: only counted, in a dry run. */
const RESULTS = ['friends', 'started', 'already-started', 'ended', 'failed'] as const;

/** Counts the pairs of `reconcile`, each once. */
export function createReconciledCounter(registry: Registry): (counts: Partial<ReconcileCounts>) => void {
  const counter = new Counter({
    name: 'unfriend_reconciled_pairs_total',
    help: 'Pairs that reconcile asked Tencent Chat about, by what came of them',
    labelNames: ['result'] as const,
    registers: [registry],
  });
  // Create every label at 0 now: the increase() of Prometheus misses the first sample of a series.
  for (const result of RESULTS) counter.labels(result).inc(0);
  return ({ pairs = 0, ended = 0, started = 0, alreadyStarted = 0, failed = 0 }) => {
    counter.labels('friends').inc(pairs - ended - failed);
    counter.labels('started').inc(started);
    counter.labels('already-started').inc(alreadyStarted);
    counter.labels('ended').inc(ended - started - alreadyStarted);
    counter.labels('failed').inc(failed);
  };
}
