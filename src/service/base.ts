import type { Client } from '@temporalio/client';
import type { Settings, TemporalSettings, WorkerVersion } from '../config/settings.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics, type Metrics } from '../telemetry/metrics.ts';
import { TemporalMetrics } from '../telemetry/temporal-metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { createClient } from '../temporal/connect.ts';
import type { LocalServer } from '../temporal/local/server.ts';
import { FreshStarts } from '../temporal/start/fresh-starts.ts';
import { TraceStarts } from '../temporal/start/trace-starts.ts';
import { VersionWatch } from '../temporal/version-watch.ts';
import { TemporalWatch } from '../temporal/watch.ts';
import { CoreMetrics } from '../temporal/worker/core-metrics.ts';
import type { Closers } from './closers.ts';
import type { Running } from './readiness.ts';

/** What all parts of a process share. */
export type Base = {
  settings: Settings;
  logger: Logger;
  closers: Closers;
  /** Where Temporal is. It may be a local server that the settings do not know. */
  temporal: TemporalSettings;
  /** Where people see its UI. */
  temporalUi: string;
  client: Client;
  freshStarts: FreshStarts;
  /** Both are present when tracing is on, and absent otherwise. */
  tracing: Tracing | undefined;
  traceStarts: TraceStarts | undefined;
  metrics: Metrics;
  coreMetrics: CoreMetrics;
  watch: TemporalWatch;
  /** Undefined: this process has no worker with a version. */
  version: WorkerVersion | undefined;
  running: Running;
};

type BaseOptions = Pick<Base, 'settings' | 'logger' | 'closers'> & { local: LocalServer | undefined };

/** Connects to Temporal, and begins to look at it. */
export async function startBase({ settings, logger, closers, local }: BaseOptions): Promise<Base> {
  const { parts, taskQueue } = settings;
  const temporal = local
    ? { ...settings.temporal, connectionOptions: { address: local.address } }
    : settings.temporal;
  const tracing = settings.tracing ? await startTracing(logger) : undefined;
  if (tracing) closers.add('tracing', () => tracing.stop());
  const freshStarts = new FreshStarts();
  const traceStarts = tracing && new TraceStarts();
  const traceInterceptors = traceStarts ? [traceStarts.interceptor] : [];
  const client = createClient(temporal, [freshStarts.interceptor], traceInterceptors);
  closers.add('Temporal client', () => client.connection.close());

  const version = parts.worker ? settings.workerVersion : undefined;
  const versionWatch = version && new VersionWatch({ version, namespace: temporal.namespace, logger });
  const metrics = createMetrics(version?.buildId);
  const temporalMetrics = new TemporalMetrics(metrics.registry);
  const watch = new TemporalWatch({
    client,
    taskQueue,
    metrics: temporalMetrics,
    logger,
    version: versionWatch,
  });
  closers.add('watch', async () => watch.stop());
  return {
    settings,
    logger,
    closers,
    temporal,
    temporalUi: local?.uiUrl ?? settings.temporalUi,
    client,
    freshStarts,
    tracing,
    traceStarts,
    metrics,
    coreMetrics: new CoreMetrics(),
    watch,
    version,
    running: { expected: { ...parts, journal: settings.intake === 'journal' }, version: versionWatch },
  };
}

/** Loaded only if tracing is on. */
async function startTracing(logger: Logger): Promise<Tracing> {
  const { createTracing } = await import('../telemetry/open-telemetry.ts');
  return createTracing(logger);
}
