import { Gauge, type Registry } from 'prom-client';

/** Whether this worker can do its side effects; docs/monitoring.md lists it. */
export function createReachableGauge(registry: Registry): Gauge<'side_effect'> {
  return new Gauge({
    name: 'unfriend_backend_reachable',
    help: 'Whether the backend of a side effect was found in order when this worker last looked',
    labelNames: ['side_effect'] as const,
    registers: [registry],
  });
}
