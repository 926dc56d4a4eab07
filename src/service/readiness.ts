import type { Client } from '@temporalio/client';
import type { ComponentState } from '../http/ops-app.ts';
import type { Receiver } from '../http/receiver.ts';
import { inTime } from '../in-time.ts';
import type { RunningIntake } from '../intake/start-intake.ts';
import type { Journal } from '../journal/journal.ts';
import type { JournalPhase } from '../journal/opening-journal.ts';
import type { Salvaged } from '../journal/recovery/take-over.ts';
import type { LastAttempts } from '../telemetry/last-attempts.ts';
import { withAdvice } from '../temporal/connect.ts';
import { missingSearchAttributes } from '../temporal/search-attributes.ts';
import type { VersionWatch } from '../temporal/version-watch.ts';
import type { WorkerHost } from '../temporal/worker/worker-host.ts';
import type { BackendWatch } from './backend-watch.ts';

/** How long a readiness check waits for Temporal, in ms: a hanging Temporal must not block the answer. */
const CHECK_MS = 1_000;

/** The parts that readiness depends on. A part is absent until it has started. */
export type Running = {
  /** The parts that this process will have once it has started. */
  expected: { receiver: boolean; worker: boolean; journal: boolean };
  worker?: WorkerHost;
  /** Undefined: this process has no worker with a version. */
  version?: Pick<VersionWatch, 'state'> | undefined;
  /** How the last attempts of the worker's side effects went. */
  lastAttempts?: LastAttempts;
  backendWatch?: BackendWatch;
  receiver?: Receiver;
  intake?: Pick<RunningIntake, 'journal'>;
};

/** A part that is not there yet. */
const STARTING: ComponentState = { ready: false, state: 'starting' };

/** The state of every part of this process, in words; `ready: false` takes it out of its load balancer. */
export async function readiness(client: Client, running: Running): Promise<Record<string, ComponentState>> {
  const temporal = await askTemporal(client);
  // Nothing below may wait: a stop that began meanwhile counts.
  return running.expected.receiver ? receiverStates(running, temporal) : workerStates(running, temporal);
}

/** Ready as long as a callback can be made durable. A journal can do that without Temporal and without a worker. */
function receiverStates(
  { receiver, intake, worker, version, lastAttempts, backendWatch, expected }: Running,
  temporal: TemporalState,
): Record<string, ComponentState> {
  const phase = intake?.journal;
  const takes = phase?.kind === 'open' && phase.journal.unavailable === undefined;
  const journal = phase ? journalState(phase, temporal.takesStarts) : STARTING;
  return {
    receiver: receiver ? receiverState(receiver) : STARTING,
    ...(receiver?.allowed && { callbackAllow: { ready: true, state: receiver.allowed.describe() } }),
    ...(expected.journal && { journal }),
    temporal: { ready: takes || temporal.takesStarts, state: temporal.state },
    ...(expected.worker && { worker: { ready: true, state: worker?.state ?? STARTING.state } }),
    ...versionState(version),
    ...backendState(backendWatch),
    ...sideEffectStates(lastAttempts),
  };
}

/** A worker that can't reach Temporal gets no tasks, even if its own state says that it polls. */
function workerStates(
  { worker, version, lastAttempts, backendWatch }: Running,
  temporal: TemporalState,
): Record<string, ComponentState> {
  return {
    worker: worker ? { ready: worker.isPolling, state: worker.state } : STARTING,
    ...versionState(version),
    temporal: { ready: temporal.answers, state: temporal.state },
    ...backendState(backendWatch),
    ...sideEffectStates(lastAttempts),
  };
}

function backendState(watch: BackendWatch | undefined): Record<string, ComponentState> {
  return watch ? { backends: { ready: true, state: watch.state } } : {};
}

/** Ready without work too: a rollout waits for workers to be ready before somebody makes their version current. */
function versionState(version: Running['version']): Record<string, ComponentState> {
  return version ? { version: { ready: true, state: version.state } } : {};
}

/** A backend that is away is no reason to stop polling: its side effect is retried. */
function sideEffectStates(lastAttempts: LastAttempts | undefined): Record<string, ComponentState> {
  const states = Object.entries(lastAttempts?.describe() ?? {});
  return Object.fromEntries(states.map(([name, state]) => [name, { ready: true, state }]));
}

function receiverState({ isDraining }: Receiver): ComponentState {
  return { ready: !isDraining, state: isDraining ? 'draining' : 'accepting' };
}

function journalState(phase: JournalPhase, isTemporalThere: boolean): ComponentState {
  switch (phase.kind) {
    case 'opening':
      return { ready: isTemporalThere, state: 'being opened: workflows are started before the answer' };
    case 'fault':
      return { ready: isTemporalThere, state: `can't be opened: ${phase.reason}` };
    case 'open':
      return openJournalState(phase.journal, isTemporalThere);
  }
}

function openJournalState(
  { unavailable, store, salvaged }: Journal,
  isTemporalThere: boolean,
): ComponentState {
  const now =
    unavailable ?? `taking callbacks, ${store.pendingCount} pending, ${store.quarantinedCount} quarantined`;
  const { awaitingKeyCount: waiting, awaitingKey } = store;
  const states = [
    now,
    ...(waiting > 0 ? [`${waiting} wait for their key: ${awaitingKey.reasons.join('; ')}`] : []),
    ...(salvaged ? [describeSalvaged(salvaged)] : []),
  ];
  const state = states.join('; ');
  return { ready: unavailable === undefined || isTemporalThere, state };
}

function describeSalvaged({ setAside, pending, quarantined, lost, more }: Salvaged): string {
  const missing = lost === undefined ? 'it is not known how many were lost' : `${lost} lost`;
  const removed = more > 0 ? ` (${more} more than it held: copies of what Temporal has already)` : '';
  return `damaged at start: ${pending + quarantined} taken over${removed}, ${missing}, set aside as ${setAside}`;
}

/** `takesStarts`: whether Temporal could start a delivery's workflow now. */
type TemporalState = { answers: boolean; takesStarts: boolean; state: string };

async function askTemporal(client: Client): Promise<TemporalState> {
  try {
    const missing = await inTime(missingSearchAttributes(client), CHECK_MS, 'no answer in time');
    if (missing.length === 0) return { answers: true, takesStarts: true, state: 'reachable' };
    const state = `search attributes missing (${missing.join(', ')}): run unfriend setup`;
    return { answers: true, takesStarts: false, state };
  } catch (error) {
    return { answers: false, takesStarts: false, state: `unreachable: ${withAdvice(error)}` };
  }
}
