import type { Client } from '@temporalio/client';
import type { EmbeddedBackends } from '../../activities/backends/embedded.ts';
import { createActivities } from '../../activities/create-activities.ts';
import { relayCallback } from '../../activities/relay-callback.ts';
import { createPlan } from '../config/plan.ts';
import type { Parts } from '../config/role.ts';
import type { Settings, TemporalSettings } from '../config/settings.ts';
import { createOpsApp } from '../http/ops-app.ts';
import { Receiver } from '../http/receiver.ts';
import { type HttpServer, listen } from '../http/server.ts';
import { startIntake } from '../intake/start-intake.ts';
import { createReachableGauge } from '../telemetry/backend-metrics.ts';
import { LastAttempts } from '../telemetry/last-attempts.ts';
import type { Logger } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { RecentMetrics } from '../telemetry/recent.ts';
import { SideEffectLog } from '../telemetry/side-effect-log.ts';
import { TemporalMetrics } from '../telemetry/temporal-metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { WorkerMetrics } from '../telemetry/worker-metrics.ts';
import { createClient } from '../temporal/connect.ts';
import { findTemporalCli } from '../temporal/local/find-cli.ts';
import { freePort } from '../temporal/local/free-port.ts';
import { type LocalServer, startLocalServer } from '../temporal/local/server.ts';
import { FreshStarts } from '../temporal/start/fresh-starts.ts';
import { TraceStarts } from '../temporal/start/trace-starts.ts';
import { attentionPage } from '../temporal/ui-link.ts';
import { VersionWatch } from '../temporal/version-watch.ts';
import { TemporalWatch } from '../temporal/watch.ts';
import { CoreMetrics } from '../temporal/worker/core-metrics.ts';
import type { WorkerHost, WorkerHostOptions } from '../temporal/worker/worker-host.ts';
import type { ChosenBackends } from './backends.ts';
import { BackendWatch } from './backend-watch.ts';
import { Closers, type StopOptions } from './closers.ts';
import { type Running, readiness } from './readiness.ts';

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
    const { host } = settings.http;
    const opsPort = await chooseOpsPort(settings);
    const local = parts.localTemporal ? await startLocal(options, opsPort) : undefined;
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

    const version = parts.worker ? settings.workerVersion : undefined;
    const metrics = createMetrics(version?.buildId);
    const coreMetrics = new CoreMetrics();
    const { taskQueue } = settings;
    const versionWatch = version && new VersionWatch({ version, namespace: temporal.namespace, logger });
    const watch = new TemporalWatch({
      client,
      taskQueue,
      metrics: new TemporalMetrics(metrics.registry),
      logger,
      version: versionWatch,
    });
    closers.add('watch', async () => watch.stop());
    const backends = parts.worker ? await openBackends(settings) : undefined;
    if (backends) closers.add('backends', () => backends.close());
    const embedded = backends?.embedded;
    const running: Running = {
      expected: { ...parts, journal: settings.intake === 'journal' },
      version: versionWatch,
    };
    const recent = new RecentMetrics(metrics.registry);
    recent.start();
    closers.add('recent metrics', async () => recent.stop());
    const opsApp = createOpsApp({
      metrics,
      logger,
      coreMetrics: () => coreMetrics.read(),
      components: () => readiness(client, running),
      page: {
        recent,
        what: describeParts(parts),
        attentionUrl: attentionPage(local?.uiUrl ?? settings.temporalUi, temporal.namespace),
      },
      ...(embedded && { viewAccount: (account: string) => embedded.view(account) }),
      codec: settings.codec && { ...settings.codec, keys: settings.payloadKeys },
    });
    const ops = await listen(opsApp.callback(), { host, port: opsPort, setting: 'OPS_PORT' });
    closers.add('OPS_PORT', () => ops.close());

    if (backends) {
      const activities = createActivities(backends.backends);
      const workerMetrics = new WorkerMetrics(metrics.registry, Object.keys(activities));
      const backendWatch = new BackendWatch({
        backends: backends.bySideEffect,
        reachable: createReachableGauge(metrics.registry),
        logger,
      });
      backendWatch.start();
      closers.add('backend watch', async () => backendWatch.stop());
      running.backendWatch = backendWatch;
      const lastAttempts = new LastAttempts(plannedNames(settings));
      const worker = await startWorker({
        temporal,
        client,
        taskQueue,
        version,
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
        searchAttributes: parts.receiver ? 'create' : 'needed',
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
    if (settings.notices) {
      const { startNotices } = await import('../notices/start-notices.ts');
      const { intake } = running;
      const notices = startNotices({
        notices: settings.notices,
        temporal,
        client,
        taskQueue,
        temporalUi: local?.uiUrl ?? settings.temporalUi,
        view: () => watch.view,
        ...(intake && { receiver: { journal: () => intake.journal, metrics } }),
        coreMetrics,
        logger,
      });
      closers.add('notices', () => notices.stop());
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

/** For the title of the page on `OPS_PORT`. */
function describeParts({ receiver, worker }: Parts): string {
  if (receiver && worker) return 'receiver and worker';
  return receiver ? 'receiver' : 'worker';
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

/** The local server's UI must know the address of the codec server before that listens. */
async function chooseOpsPort({ http: { opsPort }, codec, parts }: Settings): Promise<number> {
  return opsPort === 0 && codec && parts.localTemporal ? freePort() : opsPort;
}

function startLocal({ settings, say }: ServiceOptions, opsPort: number): Promise<LocalServer> {
  const { localTemporal, temporal, codec } = settings;
  const { cliPath, searchPath, dir, port, uiPort, cacheDir } = localTemporal;
  const findCli = () => findTemporalCli({ cliPath, searchPath, cacheDir, say });
  // A browser on this machine opens the UI, and calls the codec server.
  const codecEndpoint = `http://127.0.0.1:${opsPort}/codec`;
  const flags = codec && codec.origins.length > 0 ? ['--ui-codec-endpoint', codecEndpoint] : [];
  return startLocalServer({ findCli, dir, port, uiPort, namespace: temporal.namespace, say, flags });
}

function atLocalServer(temporal: TemporalSettings, local: LocalServer): TemporalSettings {
  return { ...temporal, connectionOptions: { address: local.address } };
}
