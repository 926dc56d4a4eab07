import { Counter, Histogram, type Registry } from 'prom-client';

/** What came of a callback that was passed through. `answered`: the endpoint's own answer went back. */
export const PASSED_THROUGH = [
  'answered',
  'timeout',
  'unreachable',
  'too-large',
  'redirect',
  'loop',
] as const;

export type PassedThrough = (typeof PASSED_THROUGH)[number];

/** Callbacks by command, and those that were passed through to the endpoint. */
export function createRelayMetrics(registry: Registry) {
  const registers = [registry];
  return {
    commands: new Counter({
      name: 'unfriend_commands_total',
      help: 'Valid callbacks by command; commands that the vendor does not document count as other',
      labelNames: ['command'] as const,
      registers,
    }),
    passedThrough: createPassedThrough(registry),
    duration: new Histogram({
      name: 'unfriend_relay_duration_seconds',
      help: 'How long the endpoint took for a callback that was passed through, in seconds',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.5, 2],
      registers,
    }),
  };
}

export type RelayMetrics = ReturnType<typeof createRelayMetrics>;

function createPassedThrough(registry: Registry) {
  const passedThrough = new Counter({
    name: 'unfriend_passed_through_total',
    help: 'Callbacks that were passed through to the endpoint, by result',
    labelNames: ['result'] as const,
    registers: [registry],
  });
  // Create every label at 0 now: the increase() of Prometheus misses the first sample of a series.
  for (const result of PASSED_THROUGH) passedThrough.labels(result).inc(0);
  return passedThrough;
}
