import { IllegalStateError } from '@temporalio/common';
import { type NativeConnection, Runtime, Worker, type WorkerDeploymentOptions } from '@temporalio/worker';
import type { WorkerVersion } from '../../config/settings.ts';
import type { PayloadKey } from '../../encryption/payload-keys.ts';
import { forTemporal, type Logger } from '../../telemetry/logger.ts';
import { type Observers, observeActivities } from './observe-activities.ts';
import { observeWorkflows } from './observe-workflows.ts';
import { workerEncryption } from './worker-encryption.ts';

/** How long running activities may go on after a stop. Then they are cancelled, and other workers retry them. */
const GRACE = '10 seconds';
const FORCE = '15 seconds';

/** When a worker is killed, what a batch did within this time before the kill may be done again. */
const HEARTBEAT_AT_MOST_EVERY = '1 second';

/** How many workflows are kept in memory between their tasks. Each takes about as much as its list of pairs. */
const MAX_CACHED_WORKFLOWS = 500;

/**
 * A workflow task keeps its slot until its local activities have ended. So a backend that hangs occupies slots, and
 * there have to be enough for the other deliveries. With many more, a worker that lacks processor time would begin more
 * local activities than it can end in time.
 */
const MAX_WORKFLOW_TASKS = 100;
export const MAX_LOCAL_ACTIVITIES = 100;

/**
 * To be called before each use of the SDK's native part, because the SDK ends the runtime with its last connection.
 * The process handles signals itself, without the SDK.
 *
 * @returns false if the runtime is there already
 */
export function installRuntime(logger: Logger, metricsPort?: number): boolean {
  try {
    Runtime.install({
      logger: forTemporal(logger),
      shutdownSignals: [],
      telemetryOptions: {
        logging: { forward: {}, filter: { core: 'WARN', other: 'WARN' } },
        ...(metricsPort && { metrics: coreMetrics(metricsPort) }),
      },
    });
    return true;
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
    return false;
  }
}

/** The SDK's native part serves its metrics itself, on this machine only. Names and units are those of Prometheus. */
function coreMetrics(port: number) {
  return {
    prometheus: {
      bindAddress: `127.0.0.1:${port}`,
      countersTotalSuffix: true,
      unitSuffix: true,
      useSecondsForDurations: true,
    },
  };
}

/** An activity by its name, whatever its argument. */
export type Activities = Record<string, (input: never) => Promise<unknown>>;

export type WorkerOptions = {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  activities: Activities;
  payloadKeys?: readonly PayloadKey[] | undefined;
  /** Absent: the worker is unversioned. */
  version?: WorkerVersion | undefined;
  /** Absent: nothing is counted, logged or traced. */
  observers?: Observers;
};

/** A worker for all workflow types and the given activities; call its `run()`. */
export function createWorker({
  observers,
  payloadKeys,
  version,
  ...options
}: WorkerOptions): Promise<Worker> {
  return Worker.create({
    ...options,
    ...(version && { workerDeploymentOptions: deploymentOptions(version) }),
    sinks: observeWorkflows(observers),
    interceptors: { activity: observers ? [observeActivities(observers)] : [] },
    ...workerEncryption(payloadKeys),
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    maxHeartbeatThrottleInterval: HEARTBEAT_AT_MOST_EVERY,
    maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
    maxConcurrentWorkflowTaskExecutions: MAX_WORKFLOW_TASKS,
    maxConcurrentLocalActivityExecutions: MAX_LOCAL_ACTIVITIES,
  });
}

/** Open deliveries go to the version that is current: they can wait for days, and an old version would have to run on. */
function deploymentOptions(version: WorkerVersion): WorkerDeploymentOptions {
  return { useWorkerVersioning: true, version, defaultVersioningBehavior: 'AUTO_UPGRADE' };
}
