import type { temporal } from '@temporalio/proto';
import type { WorkerVersion } from '../config/settings.ts';

/** Workers of one version. Undefined: the workers without a version. */
type Version = WorkerVersion | undefined;

/** Which workers get the tasks of a task queue. The deliveries that are open move with it. */
export type Routing = {
  current: Version;
  /** Absent: all goes to the current version. */
  ramping?: { version: Version; percentage: number };
};

type ReportedVersion = { deploymentName?: string | null; buildId?: string | null } | null | undefined;

/** A server that knows no versions reports nothing: all workers are without a version then. */
export function readRouting(
  info: temporal.api.taskqueue.v1.ITaskQueueVersioningInfo | null | undefined,
): Routing {
  const percentage = info?.rampingVersionPercentage ?? 0;
  const current = readVersion(info?.currentDeploymentVersion);
  if (percentage === 0) return { current };
  return { current, ramping: { version: readVersion(info?.rampingDeploymentVersion), percentage } };
}

/** Undefined: none. */
export function readVersion(version: ReportedVersion): Version {
  const { deploymentName, buildId } = version ?? {};
  return deploymentName && buildId ? { deploymentName, buildId } : undefined;
}

/** How much of the work goes to the workers of a version, in percent. */
export function shareOf(version: Version, { current, ramping }: Routing): number {
  if (ramping && isSame(version, ramping.version)) return ramping.percentage;
  return isSame(version, current) ? 100 - (ramping?.percentage ?? 0) : 0;
}

function isSame(one: Version, other: Version): boolean {
  return one?.deploymentName === other?.deploymentName && one?.buildId === other?.buildId;
}

/** In words. For a version that gets no work also what to type, if it should. */
export function describeShare(version: WorkerVersion, routing: Routing, namespace: string): string {
  const { current } = routing;
  const share = shareOf(version, routing);
  const name = nameOf(version);
  if (share === 0)
    return `${name} gets no work: ${describeRouting(routing)}. To make it current: ${commandFor(version, namespace)}`;
  const state = isSame(version, current) ? 'current' : 'ramping';
  return share === 100 && state === 'current'
    ? `${name} is current`
    : `${name} is ${state}: ${describeRouting(routing)}`;
}

function describeRouting({ current, ramping }: Routing): string {
  if (!ramping) return `all of the work goes to ${nameOf(current)}`;
  const { version, percentage } = ramping;
  if (percentage === 100) return `all of the work goes to ${nameOf(version)}`;
  return `${round(percentage)} % of the work goes to ${nameOf(version)}, the rest to ${nameOf(current)}`;
}

function nameOf(version: Version): string {
  return version
    ? `build ${version.buildId} of ${version.deploymentName}`
    : 'the workers without DEPLOYMENT_NAME';
}

function round(percentage: number): number {
  return Math.round(percentage * 100) / 100;
}

function commandFor({ deploymentName, buildId }: WorkerVersion, namespace: string): string {
  return `temporal worker deployment set-current-version --namespace ${namespace} --deployment-name ${deploymentName} --build-id ${buildId}`;
}
