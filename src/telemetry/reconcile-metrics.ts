import { Counter, type Registry } from 'prom-client';
import { RECONCILED, type Reconciled } from '../../activities/reconcile/tools.ts';

/** Counts the pairs of `reconcile`, each once. */
export function createReconciledCounter(registry: Registry): (result: Reconciled, pairs: number) => void {
  const counter = new Counter({
    name: 'unfriend_reconciled_pairs_total',
    help: 'Pairs that reconcile asked Tencent Chat about, by what came of them',
    labelNames: ['result'] as const,
    registers: [registry],
  });
  // Create every label at 0 now: the increase() of Prometheus misses the first sample of a series.
  for (const result of RECONCILED) counter.labels(result).inc(0);
  return (result, pairs) => counter.labels(result).inc(pairs);
}
