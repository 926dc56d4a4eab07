import { IllegalStateError } from '@temporalio/common';
import { type NativeConnection, Runtime, Worker } from '@temporalio/worker';
import type { SideEffectActivity } from '../../../workflows/contract.ts';
import { forTemporal, type Logger } from '../../telemetry/logger.ts';
import { type Observers, observeActivities } from './observe-activities.ts';
import { observeWorkflows } from './observe-workflows.ts';
import { WORKFLOW_BUNDLE } from './workflow-bundle.ts';

/** Running activities may finish for this long after a stop; then they are cancelled and retried elsewhere. */
const GRACE = '10 seconds';
const FORCE = '15 seconds';

/** What a batch has done within this time before its worker is killed may be done again. */
const HEARTBEAT_AT_MOST_EVERY = '1 second';

/** Workflows kept in memory between their tasks; each takes about as much as its list of pairs. */
const MAX_CACHED_WORKFLOWS = 500;

/**
 * To be called before each use of the SDK's native part, which ends its runtime with the last connection.
 * Signals are handled by the process, not by the SDK.
 *
 * @returns false when it is there already
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

/** The SDK's native part listens by itself, on this machine alone; names and units as Prometheus has them. */
function coreMetrics(port: number) {
  return {
    prometheus: {
      bindAddress: `127.0.0.1:${port}`,
      ...{ countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true },
    },
  };
}

export type WorkerOptions = {
  connection: NativeConnection;
  namespace: string;
  taskQueue: string;
  activities: Record<string, SideEffectActivity>;
  /** Absent: nobody counts or traces what it does. */
  observers?: Observers;
};

/** A worker for the workflow and all its side effects; call its `run()`. */
export function createWorker({ observers, ...options }: WorkerOptions): Promise<Worker> {
  return Worker.create({
    ...options,
    sinks: observeWorkflows(observers),
    interceptors: { activity: observers ? [observeActivities(observers)] : [] },
    workflowBundle: { codePath: WORKFLOW_BUNDLE },
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE,
    maxHeartbeatThrottleInterval: HEARTBEAT_AT_MOST_EVERY,
    maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
  });
}
