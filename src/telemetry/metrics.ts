import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** The receiver's metrics; README.md lists them. One registry a process, nothing global. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    callbacks: new Counter({
      name: 'unfriend_callbacks_total',
      help: 'Callbacks answered, by verdict',
      labelNames: ['verdict'] as const,
      registers: [registry],
    }),
    answerDuration: new Histogram({
      name: 'unfriend_callback_duration_seconds',
      help: 'From the request to its answer, in seconds; Tencent Chat waits for 2',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
      registers: [registry],
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
