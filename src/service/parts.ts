/** Each starts one part of a process, and says how it is closed. */
import { createActivities } from '../../activities/create-activities.ts';
import { relayCallback } from '../../activities/relay-callback.ts';
import { createPlan } from '../config/plan.ts';
import type { Parts } from '../config/role.ts';
import type { Settings } from '../config/settings.ts';
import { createOpsApp } from '../http/ops-app.ts';
import { Receiver } from '../http/receiver.ts';
import { type HttpServer, listen } from '../http/server.ts';
import { startIntake } from '../intake/start-intake.ts';
import { createReachableGauge } from '../telemetry/backend-metrics.ts';
import { LastAttempts } from '../telemetry/last-attempts.ts';
import { RecentMetrics } from '../telemetry/recent.ts';
import { SideEffectLog } from '../telemetry/side-effect-log.ts';
import { WorkerMetrics } from '../telemetry/worker-metrics.ts';
import { attentionPage } from '../temporal/ui-link.ts';
import { BackendWatch } from './backend-watch.ts';
import type { ChosenBackends } from './backends.ts';
import type { Base } from './base.ts';
import { findKnownDelivery } from './known-delivery.ts';
import { readiness } from './readiness.ts';
import { createReconcileActivities } from './reconcile-activities.ts';

/** Loaded only by a process that runs side effects: the clients of the backends take long to load. */
export async function openBackends(settings: Settings): Promise<ChosenBackends> {
  const { createBackends } = await import('./backends.ts');
  return createBackends(settings);
}

export async function startOps(base: Base, backends: ChosenBackends | undefined): Promise<HttpServer> {
  const { settings, logger, closers, temporal, temporalUi, client, metrics, coreMetrics, running } = base;
  const recent = new RecentMetrics(metrics.registry);
  recent.start();
  closers.add('recent metrics', async () => recent.stop());
  const embedded = backends?.embedded;
  const app = createOpsApp({
    metrics,
    logger,
    coreMetrics: () => coreMetrics.read(),
    components: () => readiness(client, running),
    page: {
      recent,
      what: describeParts(settings.parts),
      attentionUrl: attentionPage(temporalUi, temporal.namespace),
    },
    ...(embedded && { viewAccount: (account: string) => embedded.view(account) }),
    ...(settings.parts.receiver && {
      findDelivery: (id: string) => findKnownDelivery(client, settings, id),
    }),
    codec: settings.codec && { ...settings.codec, keys: settings.payloadKeys },
  });
  const { host, opsPort: port } = settings.http;
  const ops = await listen(app.callback(), { host, port, setting: 'OPS_PORT' });
  closers.add('OPS_PORT', () => ops.close());
  return ops;
}

/** For the title of the page on `OPS_PORT`. */
function describeParts({ receiver, worker }: Parts): string {
  if (receiver && worker) return 'receiver and worker';
  return receiver ? 'receiver' : 'worker';
}

export async function startWorker(base: Base, backends: ChosenBackends): Promise<void> {
  const { settings, logger, closers, temporal, client, metrics, coreMetrics, tracing, version, running } =
    base;
  const { freshStarts } = base;
  const backendWatch = new BackendWatch({
    backends: backends.bySideEffect,
    reachable: createReachableGauge(metrics.registry),
    logger,
  });
  backendWatch.start();
  closers.add('backend watch', async () => backendWatch.stop());
  const sideEffects = createActivities(backends.backends);
  const reconcile = { settings, backends, client, freshStarts, registry: metrics.registry };
  const activities = { ...sideEffects, ...createReconcileActivities(reconcile) };
  const lastAttempts = new LastAttempts(plannedNames(settings));
  // Loaded only here: a receiver alone is back sooner without the SDK's worker.
  const { WorkerHost } = await import('../temporal/worker/worker-host.ts');
  const worker = new WorkerHost({
    temporal,
    client,
    taskQueue: settings.taskQueue,
    version,
    activities,
    coreMetrics,
    logger,
    observers: {
      metrics: new WorkerMetrics(metrics.registry, Object.keys(sideEffects)),
      logger,
      sideEffectLog: new SideEffectLog(logger),
      lastAttempts,
      tracing,
    },
    searchAttributes: settings.parts.receiver ? 'create' : 'needed',
  });
  closers.add('worker', () => worker.stop());
  Object.assign(running, { worker, lastAttempts, backendWatch });
}

/** The side effects that a delivery of this process can have, in the order in which people see them. */
function plannedNames(settings: Settings): string[] {
  const names = createPlan(settings).sideEffects.map(({ name }) => name);
  return settings.relay ? [...names, relayCallback.name] : names;
}

export async function startReceiver(base: Base): Promise<void> {
  const { settings, logger, closers, metrics, tracing, running } = base;
  const started = startIntake(base);
  running.intake = started;
  closers.add('intake', () => started.stop());
  const receiver = await Receiver.start(settings, { intake: started.intake, metrics, tracing, logger });
  running.receiver = receiver;
  closers.add('PORT', (how) => receiver.stop(how));
}

/** Loaded only if people are to be told in a chat. */
export async function startNotices(base: Base): Promise<void> {
  const { settings, closers, metrics, watch, running } = base;
  if (!settings.notices) return;
  const { startNotices: start } = await import('../notices/start-notices.ts');
  const { intake } = running;
  const notices = start({
    ...base,
    notices: settings.notices,
    taskQueue: settings.taskQueue,
    view: () => watch.view,
    ...(intake && { receiver: { journal: () => intake.journal, metrics } }),
  });
  closers.add('notices', () => notices.stop());
}
