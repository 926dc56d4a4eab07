import type { Client } from '@temporalio/client';
import type { ComponentState } from './http/ops-app.ts';
import { inTime } from './in-time.ts';
import type { Journal } from './journal/journal.ts';
import type { Salvaged } from './journal/recovery/take-over.ts';
import type { Receiver } from './receiver.ts';
import { describeRpcError } from './temporal/connect.ts';
import { missingSearchAttributes } from './temporal/search-attributes.ts';
import type { WorkerHost } from './temporal/worker-host.ts';

/** Whoever asks whether we are ready waits for no Temporal that hangs, in ms. */
const CHECK_MS = 1_000;

/** The parts that readiness depends on, as far as they are there. */
export type Running = {
  worker?: WorkerHost;
  receiver?: Receiver;
  journal?: Journal | undefined;
  /** Why there is no journal, though there should be one. */
  journalFault?: string | undefined;
};

/** The state of every part of this process, in words; `ready: false` takes it out of its load balancer. */
export async function readiness(
  client: Client,
  { worker, receiver, journal, journalFault }: Running,
): Promise<Record<string, ComponentState>> {
  const states: Record<string, ComponentState> = {};
  if (receiver) {
    states.receiver = {
      ready: !receiver.isDraining,
      state: receiver.isDraining ? 'draining' : 'accepting',
    };
    const temporal = await temporalState(client);
    const takes = journal?.unavailable === undefined && journal !== undefined;
    if (journal) states.journal = journalState(journal, temporal.ready);
    if (journalFault) states.journal = { ready: temporal.ready, state: `can't be opened: ${journalFault}` };
    // With a journal that takes callbacks, Temporal away is no reason to send them elsewhere.
    states.temporal = { ...temporal, ready: temporal.ready || takes };
  }
  if (worker) states.worker = { ready: worker.isPolling, state: worker.state.toLowerCase() };
  return states;
}

function journalState({ unavailable, store, salvaged }: Journal, isTemporalThere: boolean): ComponentState {
  const now =
    unavailable ?? `taking callbacks, ${store.pendingCount} pending, ${store.quarantinedCount} quarantined`;
  const state = salvaged ? `${now}; ${describeSalvaged(salvaged)}` : now;
  return { ready: unavailable === undefined || isTemporalThere, state };
}

function describeSalvaged({ setAside, pending, quarantined, lost, more }: Salvaged): string {
  const missing = lost === undefined ? 'it is not known how many were lost' : `${lost} lost`;
  const removed = more > 0 ? ` (${more} more than it held: copies of what Temporal has already)` : '';
  return `damaged at start: ${pending + quarantined} taken over${removed}, ${missing}, set aside as ${setAside}`;
}

async function temporalState(client: Client): Promise<ComponentState> {
  try {
    const missing = await inTime(missingSearchAttributes(client), CHECK_MS, 'no answer in time');
    if (missing.length === 0) return { ready: true, state: 'reachable' };
    return { ready: false, state: `search attributes missing (${missing.join(', ')}): run unfriend setup` };
  } catch (error) {
    return { ready: false, state: `unreachable: ${describeRpcError(error)}` };
  }
}
