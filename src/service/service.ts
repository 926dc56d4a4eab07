import type { Client } from '@temporalio/client';
import type { EmbeddedBackends } from '../../activities/backends/embedded.ts';
import { createActivities } from '../../activities/create-activities.ts';
import { relayCallback } from '../../activities/relay-callback.ts';
import { createPlan } from '../config/plan.ts';
import type { Settings, TemporalSettings } from '../config/settings.ts';
import { createOpsApp } from '../http/ops-app.ts';
import { Receiver } from '../http/receiver.ts';
import { type HttpServer, listen } from '../http/server.ts';
import { startIntake } from '../intake/start-intake.ts';
import { LastAttempts } from '../telemetry/last-attempts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { SideEffectLog } from '../telemetry/side-effect-log.ts';
import { TemporalMetrics } from '../telemetry/temporal-metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { WorkerMetrics } from '../telemetry/worker-metrics.ts';
import { createClient } from '../temporal/connect.ts';
import { findTemporalCli } from '../temporal/local/find-cli.ts';
import { type LocalServer, startLocalServer } from '../temporal/local/server.ts';
import { FreshStarts } from '../temporal/start/fresh-starts.ts';
import { TraceStarts } from '../temporal/start/trace-starts.ts';
import { TemporalWatch } from '../temporal/watch.ts';
import { CoreMetrics } from '../temporal/worker/core-metrics.ts';
import type { WorkerHost, WorkerHostOptions } from '../temporal/worker/worker-host.ts';
import type { ChosenBackends } from './backends.ts';
import { Closers, type StopOptions } from './closers.ts';
import { type Running, readiness } from './readiness.ts';
import { createReconcileActivities } from './reconcile-activities.ts';

export type ServiceOptions = {
  settings: Settings;
  logger: Logger;
  say: (line: string) => void;
};

/** A running process of Unfriend. */
export type Service = {
  client: Client;
  temporal: TemporalSettings;
  receiver: Receiver | undefined;
  worker: WorkerHost | undefined;
  ops: HttpServer;
  local: LocalServer | undefined;
  /** The made-up friend graph; undefined if no side effect is embedded. */
  embedded: EmbeddedBackends | undefined;
  /**
   * Stops in the order of the work: first nothing new is taken, then what has begun ends, then what that needed closes.
   *
   * @throws AggregateError when a part could not be closed, once all others are
   */
  stop(how: StopOptions): Promise<void>;
};

/** The one place where the parts are put together. A part that can't start takes the others down with it. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { settings, logger } = options;
  const { parts } = settings;
  const closers = new Closers(logger);
  try {
    const local = parts.localTemporal ? await startLocal(options) : undefined;
    if (local) closers.add('local Temporal server', () => local.stop());

    const temporal = local ? atLocalServer(settings.temporal, local) : settings.temporal;
    const tracing = settings.tracing ? await startTracing(logger) : undefined;
    if (tracing) closers.add('tracing', () => tracing.stop());
    const freshStarts = new FreshStarts();
    const traceStarts = tracing && new TraceStarts();
    const client = createClient(
      temporal,
      [freshStarts.interceptor],
      traceStarts ? [traceStarts.interceptor] : [],
    );
    closers.add('Temporal client', () => client.connection.close());

    const metrics = createMetrics();
    const coreMetrics = new CoreMetrics();
    const { taskQueue } = settings;
    const watch = new TemporalWatch({
      client,
      taskQueue,
      metrics: new TemporalMetrics(metrics.registry),
      logger,
    });
    closers.add('watch', async () => watch.stop());
    const backends = parts.worker ? await openBackends(settings) : undefined;
    if (backends) closers.add('backends', () => backends.close());
    const embedded = backends?.embedded;
    const running: Running = { expected: { ...parts, journal: settings.intake === 'journal' } };
    const opsApp = createOpsApp({
      metrics,
      logger,
      coreMetrics: () => coreMetrics.read(),
      components: () => readiness(client, running),
      ...(embedded && { viewAccount: (account: string) => embedded.view(account) }),
    });
    const { host, opsPort } = settings.http;
    const ops = await listen(opsApp.callback(), { host, port: opsPort, setting: 'OPS_PORT' });
    closers.add('OPS_PORT', () => ops.close());

    if (backends) {
      const sideEffects = createActivities(backends.backends);
      const workerMetrics = new WorkerMetrics(metrics.registry, Object.keys(sideEffects));
      const reconcile = { settings, backends, client, freshStarts, registry: metrics.registry };
      const activities = { ...sideEffects, ...createReconcileActivities(reconcile) };
      const lastAttempts = new LastAttempts(plannedNames(settings));
      const worker = await startWorker({
        temporal,
        client,
        taskQueue,
        activities,
        coreMetrics,
        logger,
        observers: {
          metrics: workerMetrics,
          logger,
          sideEffectLog: new SideEffectLog(logger),
          lastAttempts,
          tracing,
        },
        createSearchAttributes: parts.receiver,
      });
      running.worker = worker;
      running.lastAttempts = lastAttempts;
      closers.add('worker', () => worker.stop());
    }
    if (parts.receiver) {
      const started = startIntake({
        settings,
        temporal,
        client,
        freshStarts,
        metrics,
        tracing,
        traceStarts,
        logger,
      });
      running.intake = started;
      closers.add('intake', () => started.stop());
      const { intake } = started;
      const receiver = await Receiver.start(settings, { intake, metrics, tracing, logger });
      running.receiver = receiver;
      closers.add('PORT', (how) => receiver.stop(how));
    }
    return {
      client,
      temporal,
      receiver: running.receiver,
      worker: running.worker,
      ops,
      local,
      embedded,
      stop: (how) => closers.close(how),
    };
  } catch (error) {
    // The log has what could not be closed. Report why the start failed: that matters more.
    await closers.close({ drain: false }).catch(() => undefined);
    throw error;
  }
}

/** The side effects that a delivery of this process can have, in the order in which people see them. */
function plannedNames(settings: Settings): string[] {
  const names = createPlan(settings).sideEffects.map(({ name }) => name);
  return settings.relay ? [...names, relayCallback.name] : names;
}

/** Loaded only by a process that runs side effects: the clients of the backends take long to load. */
async function openBackends(settings: Settings): Promise<ChosenBackends> {
  const { createBackends } = await import('./backends.ts');
  return createBackends(settings);
}

/** Loaded only by a process that runs side effects: a receiver alone is back sooner without the SDK's worker. */
async function startWorker(options: WorkerHostOptions): Promise<WorkerHost> {
  const { WorkerHost } = await import('../temporal/worker/worker-host.ts');
  return new WorkerHost(options);
}

/** Loaded only if tracing is on. */
async function startTracing(logger: Logger): Promise<Tracing> {
  const { createTracing } = await import('../telemetry/open-telemetry.ts');
  return createTracing(logger);
}

function startLocal({ settings, say }: ServiceOptions): Promise<LocalServer> {
  const { localTemporal, temporal } = settings;
  const { cliPath, searchPath, dir, port, uiPort, cacheDir } = localTemporal;
  const findCli = () => findTemporalCli({ cliPath, searchPath, cacheDir, say });
  return startLocalServer({ findCli, dir, port, uiPort, namespace: temporal.namespace, say });
}

function atLocalServer(temporal: TemporalSettings, local: LocalServer): TemporalSettings {
  return { ...temporal, connectionOptions: { address: local.address } };
}
